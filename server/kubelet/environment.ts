import { fail, ok, type Result } from '../../topology/index.js';
import type { Container, EnvVar, Pod } from '../contract/kube.js';
import type { ObjectStore } from '../store/store.js';
import { expand } from './expansion.js';
import { type DownwardFacts, fieldValue, resourceValue } from './field-ref.js';
import { namespaceOf } from './names.js';

/** What a container's environment is made from. */
export interface EnvironmentRequest {
  readonly pod: Pod;
  readonly container: Container;
  readonly store: ObjectStore;
  readonly imageEnv: Readonly<Record<string, string>>;
  readonly services: ReadonlyMap<string, string>;
  readonly hostname: string;
  readonly facts: DownwardFacts;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Environment of a container: the image's, then `envFrom`, then `env`, with those of Services below what the pod says itself. Fails with the
 * kubelet's words for CreateContainerConfigError, such as `configmap "x" not found`.
 */
export function resolveEnvironment(
  request: EnvironmentRequest,
): Result<ReadonlyMap<string, string>, string> {
  const own = new Map<string, string>();
  const problem = addEnvFrom(own, request) ?? addEnv(own, request);
  if (problem !== undefined) return fail(problem);
  const all = new Map<string, string>([
    ['PATH', DEFAULT_PATH],
    ['HOSTNAME', request.hostname],
    ...Object.entries(request.imageEnv),
    ...request.services,
    ...own,
  ]);
  return ok(all);
}

function addEnvFrom(own: Map<string, string>, request: EnvironmentRequest): string | undefined {
  const { container, pod, store } = request;
  const namespace = namespaceOf(pod);
  for (const { configMapRef, prefix = '', secretRef } of container.envFrom ?? []) {
    if (configMapRef !== undefined) {
      const found = store.get('configmaps', namespace, configMapRef.name);
      if (found === undefined) {
        if (configMapRef.optional === true) continue;
        return `configmap "${configMapRef.name}" not found`;
      }
      for (const [key, value] of Object.entries(found.data ?? {})) own.set(prefix + key, value);
    }
    if (secretRef !== undefined) {
      const found = store.get('secrets', namespace, secretRef.name);
      if (found === undefined) {
        if (secretRef.optional === true) continue;
        return `secret "${secretRef.name}" not found`;
      }
      for (const [key, value] of Object.entries(found.data ?? {})) {
        own.set(prefix + key, Buffer.from(value, 'base64').toString('utf8'));
      }
    }
  }
  return undefined;
}

function addEnv(own: Map<string, string>, request: EnvironmentRequest): string | undefined {
  const lookup = (name: string) => own.get(name) ?? request.services.get(name);
  for (const variable of request.container.env ?? []) {
    if (variable.valueFrom === undefined) {
      own.set(variable.name, expand(variable.value ?? '', lookup));
      continue;
    }
    const value = valueFrom(variable.valueFrom, request);
    if (!value.ok) return value.error;
    if (value.value !== undefined) own.set(variable.name, value.value);
  }
  return undefined;
}

function valueFrom(
  source: NonNullable<EnvVar['valueFrom']>,
  { container, facts, pod, store }: EnvironmentRequest,
): Result<string | undefined, string> {
  const namespace = namespaceOf(pod);
  const { configMapKeyRef, fieldRef, resourceFieldRef, secretKeyRef } = source;
  if (fieldRef !== undefined) return fieldValue(pod, fieldRef.fieldPath, facts);
  if (resourceFieldRef !== undefined) {
    const { containerName } = resourceFieldRef;
    const of = containerName === undefined ? container : findContainer(pod, containerName);
    if (of === undefined) return fail(`container ${containerName} not found`);
    return resourceValue(of, resourceFieldRef, facts);
  }
  if (configMapKeyRef !== undefined) {
    const { key, name, optional } = configMapKeyRef;
    const found = store.get('configmaps', namespace, name);
    const value = found?.data?.[key];
    if (value !== undefined || optional === true) return ok(value);
    return fail(
      found === undefined
        ? `configmap "${name}" not found`
        : `couldn't find key ${key} in ConfigMap ${namespace}/${name}`,
    );
  }
  if (secretKeyRef !== undefined) {
    const { key, name, optional } = secretKeyRef;
    const found = store.get('secrets', namespace, name);
    const value = found?.data?.[key];
    if (value !== undefined) return ok(Buffer.from(value, 'base64').toString('utf8'));
    if (optional === true) return ok(undefined);
    return fail(
      found === undefined
        ? `secret "${name}" not found`
        : `couldn't find key ${key} in Secret ${namespace}/${name}`,
    );
  }
  return ok(undefined);
}

function findContainer(pod: Pod, name: string): Container | undefined {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(
    (container) => container.name === name,
  );
}
