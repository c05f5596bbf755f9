import type { ContainerStatus, Pod } from '../contract/kube.js';
import type { ObjectStore } from '../store/index.js';

/** Waiting reasons that a pod leaves only by trying again, if ever. */
const STUCK =
  /BackOff|^Err|^InvalidImageName|^CreateContainerConfigError|^CreateContainerError|^RunContainerError|^ImageInspectError|^StartError/;

/** Counts pods that are still on their way, change by change. */
export class SettledPods {
  private readonly unsettled = new Set<string>();

  constructor(store: ObjectStore) {
    for (const pod of store.list('pods')) this.look(pod);
    store.watch('pods', ({ type, object }) => {
      if (type === 'DELETED') this.unsettled.delete(object.metadata.uid ?? '');
      else this.look(object);
    });
  }

  /** True when no pod is on its way. */
  get all(): boolean {
    return this.unsettled.size === 0;
  }

  private look(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    if (isSettled(pod)) this.unsettled.delete(uid);
    else this.unsettled.add(uid);
  }
}

/** Ready, ended, or stuck with a reason. */
export function isSettled(pod: Pod): boolean {
  const { status } = pod;
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  const conditions = status?.conditions ?? [];
  if (conditions.some((c) => c.type === 'Ready' && c.status === 'True')) return true;
  if (conditions.some((c) => c.type === 'PodScheduled' && c.status === 'False')) return true;
  const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return statuses.some(isStuck);
}

function isStuck(status: ContainerStatus): boolean {
  return STUCK.test(status.state?.waiting?.reason ?? '');
}
