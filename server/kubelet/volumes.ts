import { fail, ok, type Result } from '../../topology/index.js';
import type {
  ConfigMap,
  Container,
  KeyToPath,
  Pod,
  Secret,
  Volume as VolumeSpec,
} from '../contract/kube.js';
import { Volume } from '../program/fs/virtual-file-system.js';
import type { ObjectStore } from '../store/store.js';
import { type DownwardFacts, fieldValue, resourceValue } from './field-ref.js';
import { namespaceOf } from './names.js';
import type { PodTokens, TokenSource } from './pod-tokens.js';

/** Content that outlives pods: of claims, shared by the cluster, and of the node's own paths. */
export interface DurableVolumes {
  /** By `namespace/claim`. */
  readonly claims: Map<string, Volume>;
  /** By path on the node. */
  readonly hostPaths: Map<string, Volume>;
}

/** What the volumes of a pod are made from. */
export interface MountRequest {
  readonly pod: Pod;
  readonly store: ObjectStore;
  readonly durable: DurableVolumes;
  readonly facts: DownwardFacts;
  /** There are no files with tokens when absent. */
  readonly token?: PodTokens | undefined;
}

/** A volume that could not be set up, in the words of the event FailedMount. */
export interface MountFailure {
  readonly volume: string;
  readonly message: string;
}

/**
 * Sets up the volumes of a pod by name. Fails at the first that cannot be, such as `MountVolume.SetUp failed for volume
 * "x" : configmap "y" not found`.
 *
 * Fidelity: a volume keeps what its ConfigMap or Secret held when the pod started (the kubelet follows changes within a minute). Volume types that
 * are not modelled are empty directories.
 */
export function mountVolumes(
  request: MountRequest,
): Result<ReadonlyMap<string, Volume>, MountFailure> {
  const volumes = new Map<string, Volume>();
  for (const spec of request.pod.spec.volumes ?? []) {
    const made = setUp(spec, request);
    if (!made.ok) {
      const message = `MountVolume.SetUp failed for volume "${spec.name}" : ${made.error}`;
      return fail({ volume: spec.name, message });
    }
    volumes.set(spec.name, made.value);
  }
  return ok(volumes);
}

/** Names of the volumes that a container mounts but the pod does not have. */
export function missingVolume(
  container: Container,
  volumes: ReadonlyMap<string, Volume>,
): string | undefined {
  return container.volumeMounts?.find((mount) => !volumes.has(mount.name))?.name;
}

function setUp(spec: VolumeSpec, request: MountRequest): Result<Volume, string> {
  const { durable, pod } = request;
  if (spec.configMap !== undefined || spec.secret !== undefined) {
    const volume = new Volume();
    const problem =
      spec.configMap === undefined
        ? putSecret(volume, { ...spec.secret, name: spec.secret?.secretName }, request)
        : putConfigMap(volume, spec.configMap, request);
    return problem === undefined ? ok(volume) : fail(problem);
  }
  if (spec.persistentVolumeClaim !== undefined) {
    const { claimName } = spec.persistentVolumeClaim;
    const claim = request.store.get('persistentvolumeclaims', namespaceOf(pod), claimName);
    if (claim === undefined) return fail(`persistentvolumeclaim "${claimName}" not found`);
    return ok(keep(durable.claims, `${namespaceOf(pod)}/${claimName}`));
  }
  if (spec.hostPath !== undefined) return ok(keep(durable.hostPaths, spec.hostPath.path));
  const volume = new Volume();
  if (spec.downwardAPI !== undefined) {
    const problem = putDownward(volume, itemsOf(spec.downwardAPI), request);
    if (problem !== undefined) return fail(problem);
  }
  if (spec.projected !== undefined) {
    const problem = putProjected(volume, spec.projected, request);
    if (problem !== undefined) return fail(problem);
  }
  return ok(volume);
}

function keep(volumes: Map<string, Volume>, key: string): Volume {
  const known = volumes.get(key) ?? new Volume();
  volumes.set(key, known);
  return known;
}

interface KeySource {
  readonly name?: string | undefined;
  readonly optional?: boolean;
  readonly items?: readonly KeyToPath[];
}

function putConfigMap(
  volume: Volume,
  source: KeySource,
  request: MountRequest,
): string | undefined {
  const { name = '' } = source;
  const found = request.store.get('configmaps', namespaceOf(request.pod), name);
  if (found === undefined) {
    return source.optional === true ? undefined : `configmap "${name}" not found`;
  }
  return putKeys(volume, contentOfConfigMap(found), source, 'configmap');
}

function putSecret(volume: Volume, source: KeySource, request: MountRequest): string | undefined {
  const { name = '' } = source;
  const found = request.store.get('secrets', namespaceOf(request.pod), name);
  if (found === undefined) {
    return source.optional === true ? undefined : `secret "${name}" not found`;
  }
  return putKeys(volume, contentOfSecret(found), source, 'secret');
}

function putKeys(
  volume: Volume,
  content: ReadonlyMap<string, string | Uint8Array>,
  { items, optional }: KeySource,
  kind: 'configmap' | 'secret',
): string | undefined {
  if (items === undefined) {
    for (const [key, value] of content) volume.put(key, value);
    return undefined;
  }
  for (const { key, path } of items) {
    const value = content.get(key);
    if (value !== undefined) volume.put(path, value);
    else if (optional !== true)
      return `references non-existent ${kind === 'configmap' ? 'config' : 'secret'} key: ${key}`;
  }
  return undefined;
}

function contentOfConfigMap(map: ConfigMap): ReadonlyMap<string, string | Uint8Array> {
  const content = new Map<string, string | Uint8Array>(Object.entries(map.data ?? {}));
  for (const [key, value] of Object.entries(map.binaryData ?? {})) {
    content.set(key, new Uint8Array(Buffer.from(value, 'base64')));
  }
  return content;
}

function contentOfSecret(secret: Secret): ReadonlyMap<string, Uint8Array> {
  return new Map(
    Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      new Uint8Array(Buffer.from(value, 'base64')),
    ]),
  );
}

interface DownwardItem {
  readonly path: string;
  readonly fieldRef?: { readonly fieldPath: string };
  readonly resourceFieldRef?: {
    readonly containerName?: string;
    readonly resource: string;
    readonly divisor?: string;
  };
}

function putDownward(
  volume: Volume,
  items: readonly DownwardItem[],
  { facts, pod }: MountRequest,
): string | undefined {
  for (const { fieldRef, path, resourceFieldRef } of items) {
    if (fieldRef !== undefined) {
      const value = fieldValue(pod, fieldRef.fieldPath, facts);
      if (!value.ok) return value.error;
      volume.put(path, value.value);
    } else if (resourceFieldRef !== undefined) {
      const container = pod.spec.containers.find(
        ({ name }) => name === resourceFieldRef.containerName,
      );
      if (container === undefined) return `container ${resourceFieldRef.containerName} not found`;
      const value = resourceValue(container, resourceFieldRef, facts);
      if (!value.ok) return value.error;
      volume.put(path, value.value);
    }
  }
  return undefined;
}

function putProjected(volume: Volume, source: unknown, request: MountRequest): string | undefined {
  for (const each of sourcesOf(source)) {
    let problem: string | undefined;
    if (each.configMap !== undefined) problem = putConfigMap(volume, each.configMap, request);
    if (each.secret !== undefined) problem ??= putSecret(volume, each.secret, request);
    if (each.downwardAPI !== undefined) {
      problem ??= putDownward(volume, itemsOf(each.downwardAPI), request);
    }
    if (each.serviceAccountToken !== undefined) {
      const { path = 'token' } = each.serviceAccountToken;
      const read = request.token?.(request.pod, each.serviceAccountToken);
      if (read !== undefined) volume.putGenerated(path, read);
    }
    if (problem !== undefined) return problem;
  }
  return undefined;
}

interface ProjectedSource {
  readonly configMap?: KeySource;
  readonly secret?: KeySource;
  readonly downwardAPI?: unknown;
  readonly serviceAccountToken?: TokenSource & { readonly path?: string };
}

// Volume sources other than the typed ones are kept as they came from the API, which has checked them.
function sourcesOf(source: unknown): readonly ProjectedSource[] {
  const { sources } = (source ?? {}) as { readonly sources?: readonly ProjectedSource[] };
  return sources ?? [];
}

function itemsOf(source: unknown): readonly DownwardItem[] {
  const { items } = (source ?? {}) as { readonly items?: readonly DownwardItem[] };
  return items ?? [];
}
