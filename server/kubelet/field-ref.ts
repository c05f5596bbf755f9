import { fail, ok, type Result } from '../../topology/index.js';
import type { Container, Pod } from '../contract/kube.js';
import { quantityOf } from '../kube/quantity.js';
import { namespaceOf } from './names.js';

/** Facts that a downward reference may name and the pod object does not have yet. */
export interface DownwardFacts {
  readonly podIp: string;
  readonly hostIp: string;
  readonly nodeName: string;
  /** Stand in for limits that a container does not set. */
  readonly allocatable: { readonly cpu: number; readonly memory: number };
}

/** The text of `fieldRef.fieldPath`; fails with the kubelet's words. */
export function fieldValue(pod: Pod, path: string, facts: DownwardFacts): Result<string, string> {
  const subscript = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
    return ok(map?.[subscript[2] ?? ''] ?? '');
  }
  switch (path) {
    case 'metadata.name':
      return ok(pod.metadata.name);
    case 'metadata.namespace':
      return ok(namespaceOf(pod));
    case 'metadata.uid':
      return ok(pod.metadata.uid ?? '');
    case 'metadata.labels':
      return ok(formatMap(pod.metadata.labels));
    case 'metadata.annotations':
      return ok(formatMap(pod.metadata.annotations));
    case 'spec.nodeName':
      return ok(facts.nodeName);
    case 'spec.serviceAccountName':
      return ok(pod.spec.serviceAccountName ?? 'default');
    case 'status.hostIP':
    case 'status.hostIPs':
      return ok(facts.hostIp);
    case 'status.podIP':
    case 'status.podIPs':
      return ok(facts.podIp);
    default:
      return fail(`unsupported fieldPath: ${path}`);
  }
}

/** The number that `resourceFieldRef` names, rounded up to whole divisors. */
export function resourceValue(
  container: Container,
  reference: { readonly resource: string; readonly divisor?: string },
  facts: DownwardFacts,
): Result<string, string> {
  const [list, ...rest] = reference.resource.split('.');
  const resource = rest.join('.');
  if ((list !== 'limits' && list !== 'requests') || resource === '') {
    return fail(`unsupported container resource : ${reference.resource}`);
  }
  const { limits = {}, requests = {} } = container.resources ?? {};
  const own = list === 'limits' ? limits[resource] : (requests[resource] ?? limits[resource]);
  const fallback =
    list === 'requests'
      ? 0
      : resource === 'cpu'
        ? facts.allocatable.cpu
        : resource === 'memory'
          ? facts.allocatable.memory
          : 0;
  const value = own === undefined ? fallback : quantityOf(own);
  const divisor = quantityOf(reference.divisor ?? '1') || 1;
  return ok(String(Math.ceil(value / divisor - 1e-9)));
}

/** Labels or annotations as a downward API file lists them: `key="value"`, one a line, in order. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
