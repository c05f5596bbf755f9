import type { Disposition, Step } from '../../contract/journey.js';
import type { Pod } from '../../contract/kube.js';
import { STAGE_NAMES, type Stage } from './stages.js';

/** How far a pod has come, in a word and a sentence. */
export function verdictOf(
  pod: Pod,
  entries: readonly { readonly stage: Stage; readonly step: Step }[],
): { readonly disposition: Disposition; readonly summary: string } {
  const failure = entries.findLast(({ step }) => step.code !== undefined);
  const ready =
    pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') === true;
  const phase = pod.status?.phase ?? 'Pending';
  if (ready) {
    return {
      disposition: 'ready',
      summary: `Running and Ready with address ${pod.status?.podIP ?? 'none'}`,
    };
  }
  if (phase === 'Succeeded')
    return { disposition: 'ready', summary: 'Succeeded: every container has exited with 0' };
  if (failure !== undefined) {
    return {
      disposition: 'failed',
      summary: `${STAGE_NAMES[failure.stage]}: ${failure.step.reason}`,
    };
  }
  return phase === 'Failed'
    ? { disposition: 'failed', summary: pod.status?.message ?? 'Failed' }
    : { disposition: 'in-progress', summary: `${phase}: ${whatIsAwaited(pod)}` };
}

function whatIsAwaited({ spec, status }: Pod): string {
  const initializing = status?.initContainerStatuses?.find(
    ({ name, ready }) =>
      !ready && spec.initContainers?.find((c) => c.name === name)?.restartPolicy !== 'Always',
  );
  if (initializing?.state?.running !== undefined)
    return `waits for init container ${initializing.name} to end`;
  const unready = status?.containerStatuses?.find(
    ({ ready, state }) => !ready && state?.running !== undefined,
  );
  return unready === undefined
    ? 'not Ready yet'
    : `waits for container ${unready.name} to answer its readiness probe`;
}
