import type { Service } from '../contract/kube.js';
import type { ObjectStore } from '../store/store.js';

const MAX_SERVICES = 500;

/**
 * Environment variables of Services (`WEB_SERVICE_HOST`, `WEB_PORT_80_TCP` …), computed once per namespace until a Service
 * changes. Shared by all kubelets of a cluster.
 *
 * Fidelity: at most 500 Services of a namespace are told.
 */
export class ServiceEnvironment {
  private readonly store: ObjectStore;
  private readonly cache = new Map<string, ReadonlyMap<string, string>>();

  constructor(store: ObjectStore) {
    this.store = store;
    store.watch('services', (change) => {
      const namespace = change.object.metadata.namespace ?? 'default';
      // The kubernetes Service of the default namespace is told everywhere.
      if (namespace === 'default') this.cache.clear();
      else this.cache.delete(namespace);
    });
  }

  /** Variables for a pod of a namespace; without links only those of `default/kubernetes`. */
  of(namespace: string, links: 'all' | 'kubernetes'): ReadonlyMap<string, string> {
    const key = links === 'all' ? namespace : '';
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const made = new Map<string, string>();
    const master = this.store.get('services', 'default', 'kubernetes');
    if (master !== undefined) addVariables(made, master);
    if (links === 'all') {
      for (const service of this.store.list('services', namespace).slice(0, MAX_SERVICES)) {
        addVariables(made, service);
      }
    }
    this.cache.set(key, made);
    return made;
  }
}

/** Adds the variables of one Service (pkg/kubelet/envvars); none for a headless one. */
function addVariables(into: Map<string, string>, service: Service): void {
  const { clusterIP, ports = [] } = service.spec;
  if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None') return;
  const first = ports[0];
  if (first === undefined) return;
  const prefix = variableName(service.metadata.name);
  const host = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
  into.set(`${prefix}_SERVICE_HOST`, clusterIP);
  into.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const { name, port } of ports) {
    if (name !== undefined && name !== '') {
      into.set(`${prefix}_SERVICE_PORT_${variableName(name)}`, String(port));
    }
  }
  const protocolOf = (port: { readonly protocol?: string }) =>
    (port.protocol ?? 'TCP').toLowerCase();
  into.set(`${prefix}_PORT`, `${protocolOf(first)}://${host}:${first.port}`);
  for (const port of ports) {
    const protocol = protocolOf(port);
    const each = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
    into.set(each, `${protocol}://${host}:${port.port}`);
    into.set(`${each}_PROTO`, protocol);
    into.set(`${each}_PORT`, String(port.port));
    into.set(`${each}_ADDR`, clusterIP);
  }
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_').replaceAll('.', '_');
}
