/** The projected volume with a service account's token, and its mounts. */

import { deepFreeze, type JsonObject, objectsOf } from '../../kube/json.js';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const PREFIX = 'kube-api-access-';
/** An hour, and seven seconds by which upstream tells its own requests from others. */
const EXPIRATION_SECONDS = 3607;

/** Token, the cluster's certificate and the namespace: the same for all pods. */
const PROJECTED = deepFreeze({
  sources: [
    { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [
          { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
        ],
      },
    },
  ],
  defaultMode: 0o644,
});

interface Mounted {
  readonly from: Lists;
  readonly to: Lists;
}

interface Lists {
  readonly containers: unknown;
  readonly initContainers: unknown;
  readonly volumes: unknown;
}

/**
 * Adds the volume to pod specs.
 *
 * Fidelity: pods made from one template share the volume's name, and so their containers; upstream draws a name for each.
 */
export class TokenMounts {
  private readonly suffix: () => string;
  /** By the list of containers that pods of one template share. */
  private readonly known = new WeakMap<object, Mounted>();

  constructor(suffix: () => string) {
    this.suffix = suffix;
  }

  /** Changes the lists of a pod spec; unchanged when every container mounts something at that path already. */
  addTo(spec: JsonObject): void {
    const from = listsOf(spec);
    const { containers } = from;
    if (!Array.isArray(containers)) return;
    const known = this.known.get(containers);
    const shared = known !== undefined && sameLists(known.from, from);
    const to = shared ? known.to : this.mounted(from);
    if (!shared) this.known.set(containers, { from, to });
    spec.containers = to.containers;
    if (to.initContainers !== undefined) spec.initContainers = to.initContainers;
    if (to.volumes !== undefined) spec.volumes = to.volumes;
  }

  private mounted(from: Lists): Lists {
    const all = [...objectsOf(from.containers), ...objectsOf(from.initContainers)];
    if (all.every(hasMount)) return from;
    const taken = objectsOf(from.volumes).find(({ name }) => String(name).startsWith(PREFIX));
    const name = taken === undefined ? `${PREFIX}${this.suffix()}` : String(taken.name);
    const mount = Object.freeze({ name, readOnly: true, mountPath: MOUNT_PATH });
    const withMount = (list: unknown) =>
      objectsOf(list).map((container) =>
        hasMount(container)
          ? container
          : { ...container, volumeMounts: [...objectsOf(container.volumeMounts), mount] },
      );
    const volumes = objectsOf(from.volumes);
    return {
      containers: withMount(from.containers),
      initContainers:
        from.initContainers === undefined ? undefined : withMount(from.initContainers),
      volumes: taken === undefined ? [...volumes, { name, projected: PROJECTED }] : volumes,
    };
  }
}

function listsOf({ containers, initContainers, volumes }: JsonObject): Lists {
  return { containers, initContainers, volumes };
}

function sameLists(a: Lists, b: Lists): boolean {
  return (
    a.containers === b.containers &&
    a.initContainers === b.initContainers &&
    a.volumes === b.volumes
  );
}

function hasMount(container: JsonObject): boolean {
  return objectsOf(container.volumeMounts).some(({ mountPath }) => mountPath === MOUNT_PATH);
}
