import type {
  Condition,
  Container,
  ContainerStatus,
  Pod,
  PodPhase,
  PodStatus,
} from '../contract/kube.js';

/** What the kubelet observes of a pod; its status is computed from this and from the status it has. */
export interface PodObservation {
  readonly pod: Pod;
  readonly init: readonly ContainerStatus[];
  readonly app: readonly ContainerStatus[];
  readonly ephemeral: readonly ContainerStatus[];
  /** The sandbox runs and has its network. */
  readonly sandboxReady: boolean;
  readonly podIp: string | undefined;
  readonly hostIp: string;
  readonly startTime: string;
  readonly qosClass: 'Guaranteed' | 'Burstable' | 'BestEffort';
  readonly now: string;
  /** Set when the kubelet has ended the pod itself: refused admission, deadline exceeded. */
  readonly verdict?: { readonly reason: string; readonly message: string };
}

/** Verdict on a pod that ran longer than its activeDeadlineSeconds. */
export const DEADLINE_EXCEEDED = 'DeadlineExceeded';

/** Whether an init container is a native sidecar. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** Phase of a pod by its containers (kubelet_pods.go, getPhase). */
function phaseOf(
  pod: Pod,
  init: readonly ContainerStatus[],
  app: readonly ContainerStatus[],
): PodPhase {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const specs = new Map((pod.spec.initContainers ?? []).map((spec) => [spec.name, spec]));
  let pendingInit = 0;
  let failedInit = 0;
  let runningSidecars = 0;
  for (const status of init) {
    const spec = specs.get(status.name);
    if (spec !== undefined && isSidecar(spec)) {
      if (status.started === true) runningSidecars++;
      else if (status.lastState?.terminated === undefined && status.state?.terminated === undefined)
        pendingInit++;
      continue;
    }
    const ended =
      status.state?.terminated ??
      (status.state?.waiting === undefined ? undefined : status.lastState?.terminated);
    if (ended === undefined) pendingInit++;
    else if (ended.exitCode !== 0) failedInit++;
  }
  let waiting = 0;
  let running = 0;
  let stopped = 0;
  let succeeded = 0;
  for (const { lastState, state } of app) {
    if (state?.running !== undefined) running++;
    else if (state?.terminated !== undefined) {
      stopped++;
      if (state.terminated.exitCode === 0) succeeded++;
    } else if (lastState?.terminated !== undefined) stopped++;
    else waiting++;
  }
  if (failedInit > 0 && policy === 'Never') return 'Failed';
  if ((pendingInit > 0 && running === 0 && stopped === 0) || waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  if (stopped === 0) return 'Pending';
  if (runningSidecars > 0 || policy === 'Always') return 'Running';
  if (stopped === succeeded) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

/** The status of a pod (kubelet_pods.go, generateAPIPodStatus; status/generate.go). */
export function podStatusOf(observed: PodObservation): PodStatus {
  const { app, ephemeral, hostIp, init, now, pod, podIp, startTime, verdict } = observed;
  const before = pod.status ?? {};
  const phase = verdict === undefined ? phaseOf(pod, init, app) : 'Failed';
  // A pod that was refused has no containers to tell of (kubelet.go, rejectPod).
  const refused = verdict !== undefined && verdict.reason !== DEADLINE_EXCEEDED;
  const own = conditionsOf(observed, phase);
  const names = new Set(own.map(({ type }) => type));
  const others = (before.conditions ?? []).filter(({ type }) => !names.has(type));
  const conditions = [
    ...own.map((condition) => withTransition(condition, before.conditions, now)),
    ...others,
  ];
  return {
    ...(before.nominatedNodeName === undefined
      ? {}
      : { nominatedNodeName: before.nominatedNodeName }),
    phase,
    ...(verdict ?? {}),
    conditions,
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(podIp === undefined ? {} : { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime,
    ...(init.length === 0 || refused ? {} : { initContainerStatuses: init }),
    ...(app.length === 0 || refused ? {} : { containerStatuses: app }),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: before.qosClass ?? observed.qosClass,
  };
}

function conditionsOf(observed: PodObservation, phase: PodPhase): readonly Condition[] {
  const { app, init, pod, sandboxReady } = observed;
  const before = pod.status?.conditions ?? [];
  const containersReady = containersReadyOf(pod, init, app, phase);
  const scheduled = before.find(({ type }) => type === 'PodScheduled');
  return [
    { type: 'PodReadyToStartContainers', status: sandboxReady ? 'True' : 'False' },
    initializedOf(pod, init, phase, app),
    readyOf(pod, containersReady),
    containersReady,
    scheduled ?? { type: 'PodScheduled', status: 'True' },
  ];
}

function initializedOf(
  pod: Pod,
  init: readonly ContainerStatus[],
  phase: PodPhase,
  app: readonly ContainerStatus[],
): Condition {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  const specs = new Map((pod.spec.initContainers ?? []).map((spec) => [spec.name, spec]));
  // Containers of the pod that have run tell that initialization was complete once, whatever the sidecars do now.
  const ran = app.some(
    ({ lastState, state }) => state?.running ?? state?.terminated ?? lastState?.terminated,
  );
  const incomplete = init.filter((status) => {
    const spec = specs.get(status.name);
    if (spec !== undefined && isSidecar(spec)) return status.started !== true && !ran;
    const ended = status.state?.terminated ?? status.lastState?.terminated;
    return !(ended?.exitCode === 0 || ran);
  });
  if (incomplete.length === 0) return { type, status: 'True' };
  const names = incomplete.map(({ name }) => name).join(' ');
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names}]`,
  };
}

function containersReadyOf(
  pod: Pod,
  init: readonly ContainerStatus[],
  app: readonly ContainerStatus[],
  phase: PodPhase,
): Condition {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const specs = new Map((pod.spec.initContainers ?? []).map((spec) => [spec.name, spec]));
  const sidecars = init.filter(({ name }) => {
    const spec = specs.get(name);
    return spec !== undefined && isSidecar(spec);
  });
  const unready = [...sidecars, ...app].filter(({ ready }) => !ready).map(({ name }) => name);
  if (unready.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function readyOf(pod: Pod, containersReady: Condition): Condition {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const conditions = new Map((pod.status?.conditions ?? []).map((each) => [each.type, each]));
  const problems = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = conditions.get(conditionType);
    if (gate === undefined) {
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    }
    return gate.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  if (problems.length === 0) return { type: 'Ready', status: 'True' };
  return {
    type: 'Ready',
    status: 'False',
    reason: 'ReadinessGatesNotReady',
    message: problems.join(', '),
  };
}

/** Keeps the time of a condition's last change. */
function withTransition(
  condition: Condition,
  before: readonly Condition[] | undefined,
  now: string,
): Condition {
  const earlier = before?.find(({ type }) => type === condition.type);
  const same = earlier?.status === condition.status;
  return {
    lastProbeTime: null,
    ...condition,
    lastTransitionTime: (same ? earlier.lastTransitionTime : undefined) ?? now,
  };
}
