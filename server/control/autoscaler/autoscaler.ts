/**
 * HorizontalPodAutoscalers: as many pods as their use of cpu and memory asks for (upstream `pkg/controller/podautoscaler`).
 *
 * Fidelity: metrics of type Resource alone; pods without figures do not count, where upstream assumes the worst; of `behavior`
 * only the stabilization windows are read, and growth is bounded by upstream's default policies.
 */

import type { Condition, KubeObject, LabelSelector } from '../../contract/kube.js';
import { asObject, deepEqual, type JsonObject, objectsOf, ownField } from '../../kube/json.js';
import { labelMapMatcher, labelSelectorMatcher } from '../../kube/label-selector.js';
import { parseQuantity } from '../../kube/quantity.js';
import type { ResourceName } from '../../store/index.js';
import { withCondition } from '../conditions.js';
import { type ControlContext, type Controller, queueKey, splitQueueKey } from '../context.js';
import { startController } from '../controller.js';
import type { SyncOutcome } from '../work-queue.js';
import { type PodUsage, type Proposal, propose } from './utilization.js';

export type { PodUsage } from './utilization.js';

const AUTOSCALERS = 'autoscaling/horizontalpodautoscalers';
const COMPONENT = 'horizontal-pod-autoscaler';
const SECOND_NS = 1_000_000_000;
const PERIOD_NS = 15 * SECOND_NS;
const DOWN_WINDOW_SECONDS = 300;

const TARGETS: Readonly<Record<string, readonly [resource: ResourceName, words: string]>> = {
  Deployment: ['apps/deployments', 'deployments.apps'],
  ReplicaSet: ['apps/replicasets', 'replicasets.apps'],
  StatefulSet: ['apps/statefulsets', 'statefulsets.apps'],
  ReplicationController: ['replicationcontrollers', 'replicationcontrollers'],
};

/** A size that was wanted some time ago. */
interface Wish {
  readonly atNs: number;
  readonly replicas: number;
}

interface Parts {
  readonly context: ControlContext;
  readonly usage: PodUsage;
  readonly wishes: Map<string, readonly Wish[]>;
}

/** Starts the autoscaler; it looks at each object every 15 s. */
export function startAutoscaler(context: ControlContext, usage: PodUsage): Controller {
  const parts: Parts = { context, usage, wishes: new Map() };
  const { store } = context.client;
  return startController({
    context,
    wakes: {
      '*': ({ type, resource, object, previous }) => {
        if (resource !== AUTOSCALERS) return [];
        if (type === 'DELETED') parts.wishes.delete(queueKey(object));
        return type === 'ADDED' || previous?.spec !== object.spec ? [queueKey(object)] : [];
      },
    },
    initial: () => store.list(AUTOSCALERS).map(queueKey),
    sync(key, queue) {
      const autoscaler = store.get(AUTOSCALERS, ...splitQueueKey(key));
      if (autoscaler === undefined) return 'done';
      queue.addAfter(key, PERIOD_NS);
      return sync(parts, autoscaler);
    },
  });
}

function sync(parts: Parts, autoscaler: KubeObject): SyncOutcome {
  const { client } = parts.context;
  const spec = asObject(autoscaler.spec) ?? {};
  const { namespace } = autoscaler.metadata;
  const reference = asObject(spec.scaleTargetRef) ?? {};
  const [resource, words] = ownField(TARGETS, String(reference.kind)) ?? [
    '',
    String(reference.kind),
  ];
  const target = client.store.get(resource, namespace, String(reference.name));
  const report = new Report(parts.context, autoscaler);
  if (target === undefined) {
    const why = `${words} "${String(reference.name)}" not found`;
    report.warn('FailedGetScale', why);
    const text = `the HPA controller was unable to get the target's current scale: ${why}`;
    report.condition('AbleToScale', 'False', 'FailedGetScale', text);
    return report.write();
  }
  report.condition(
    'AbleToScale',
    'True',
    'SucceededGetScale',
    "the HPA controller was able to get the target's current scale",
  );
  const targetSpec = asObject(target.spec) ?? {};
  const current = Number(targetSpec.replicas ?? 1);
  const least = Number(spec.minReplicas ?? 1);
  const most = Number(spec.maxReplicas ?? least);
  report.replicas(Number(asObject(target.status)?.replicas ?? 0), current);
  if (current === 0 && least !== 0) {
    report.condition(
      'ScalingActive',
      'False',
      'ScalingDisabled',
      'scaling is disabled since the replica count of the target is zero',
    );
    return report.write();
  }
  let desired = current;
  let reason = '';
  if (current > most) {
    desired = most;
    reason = 'Current number of replicas above Spec.MaxReplicas';
  } else if (current < least) {
    desired = least;
    reason = 'Current number of replicas below Spec.MinReplicas';
  } else {
    const wished = measure(parts, report, { spec, targetSpec, namespace, current });
    if (wished === undefined) return report.write();
    reason =
      wished.replicas > current ? `${wished.metric} above target` : 'All metrics below target';
    const stable = stabilize(parts, report, {
      key: queueKey(autoscaler),
      spec,
      current,
      wished: wished.replicas,
    });
    desired = bound(report, { stable, current, least, most });
  }
  if (desired === current) return report.write();
  const scaled = client.update(resource, { ...target, spec: { ...targetSpec, replicas: desired } });
  if (!scaled.ok) {
    report.warn(
      'FailedRescale',
      `New size: ${desired}; reason: ${reason}; error: ${scaled.message}`,
    );
    report.condition(
      'AbleToScale',
      'False',
      'FailedUpdateScale',
      `the HPA controller was unable to update the target scale: ${scaled.message}`,
    );
    return report.write();
  }
  report.condition(
    'AbleToScale',
    'True',
    'SucceededRescale',
    `the HPA controller was able to update the target scale to ${desired}`,
  );
  report.rescaled(desired, reason);
  return report.write();
}

/** The greatest size that a metric asks for; undefined, with the reason reported, when none can be read. */
function measure(
  { context, usage }: Parts,
  report: Report,
  about: {
    readonly spec: JsonObject;
    readonly targetSpec: JsonObject;
    readonly namespace: string | undefined;
    readonly current: number;
  },
): { readonly replicas: number; readonly metric: string } | undefined {
  const selector = asObject(about.targetSpec.selector) ?? {};
  const isSelector = 'matchLabels' in selector || 'matchExpressions' in selector;
  const matches = isSelector
    ? labelSelectorMatcher(selector as LabelSelector)
    : labelMapMatcher(selector as Readonly<Record<string, string>>);
  const pods = context.client.store
    .list('pods', about.namespace)
    .filter(({ metadata }) => matches(metadata.labels));
  const metrics = objectsOf(about.spec.metrics);
  let best: { readonly replicas: number; readonly metric: string } | undefined;
  const failures: string[] = [];
  const shown: JsonObject[] = [];
  for (const metric of metrics) {
    const source = asObject(metric.resource);
    const resource = source?.name;
    const target = asObject(source?.target) ?? {};
    const wanted = targetOf(resource, target);
    if ((resource !== 'cpu' && resource !== 'memory') || wanted === undefined) {
      failures.push(`unsupported metric of type ${String(metric.type)}`);
      continue;
    }
    const proposal = propose({ resource, target: wanted, pods, current: about.current, usage });
    if (!proposal.ok) {
      failures.push(proposal.message);
      continue;
    }
    shown.push(shownMetric(resource, proposal));
    const words = `${resource} resource${'utilization' in wanted ? ' utilization (percentage of request)' : ''}`;
    if (best === undefined || proposal.replicas > best.replicas) {
      best = { replicas: proposal.replicas, metric: words };
    }
  }
  report.metrics(shown);
  const [first] = failures;
  if (best === undefined || (first !== undefined && best.replicas < about.current)) {
    report.failedMetrics(first ?? 'no metrics', failures.length, metrics.length);
    return undefined;
  }
  const text = `the HPA was able to successfully calculate a replica count from ${best.metric}`;
  report.condition('ScalingActive', 'True', 'ValidMetricFound', text);
  return best;
}

function targetOf(
  resource: unknown,
  { averageUtilization, averageValue }: JsonObject,
): { readonly utilization: number } | { readonly average: number } | undefined {
  if (typeof averageUtilization === 'number') return { utilization: averageUtilization };
  if (typeof averageValue !== 'string' && typeof averageValue !== 'number') return undefined;
  const value = parseQuantity(averageValue);
  return value === undefined ? undefined : { average: resource === 'cpu' ? value * 1000 : value };
}

function shownMetric(
  resource: string,
  { average, utilization }: Proposal & { ok: true },
): JsonObject {
  const averageValue = resource === 'cpu' ? `${average}m` : String(average);
  const current =
    utilization === undefined
      ? { averageValue }
      : { averageUtilization: utilization, averageValue };
  return { type: 'Resource', resource: { name: resource, current } };
}

/** Shrinking waits until nobody has wanted more for a while. */
function stabilize(
  { context, wishes }: Parts,
  report: Report,
  about: {
    readonly key: string;
    readonly spec: JsonObject;
    readonly current: number;
    readonly wished: number;
  },
): number {
  const { nowNs } = context.clock;
  const down = asObject(asObject(about.spec.behavior)?.scaleDown)?.stabilizationWindowSeconds;
  const windowNs = Number(down ?? DOWN_WINDOW_SECONDS) * SECOND_NS;
  const kept = (wishes.get(about.key) ?? [{ atNs: nowNs, replicas: about.current }]).filter(
    ({ atNs }) => nowNs - atNs < windowNs,
  );
  wishes.set(about.key, [...kept, { atNs: nowNs, replicas: about.wished }]);
  const highest = Math.max(about.wished, ...kept.map(({ replicas }) => replicas));
  const stable = about.wished < about.current ? Math.min(highest, about.current) : about.wished;
  if (stable === about.wished) {
    report.condition(
      'AbleToScale',
      'True',
      'ReadyForNewScale',
      'recommended size matches current size',
    );
  } else {
    report.condition(
      'AbleToScale',
      'True',
      'ScaleDownStabilized',
      'recent recommendations were higher than current one, applying the highest recent recommendation',
    );
  }
  return stable;
}

function bound(
  report: Report,
  {
    stable,
    current,
    least,
    most,
  }: {
    readonly stable: number;
    readonly current: number;
    readonly least: number;
    readonly most: number;
  },
): number {
  const fastest = Math.max(current * 2, current + 4);
  if (stable > Math.min(fastest, most)) {
    if (fastest < most) {
      report.condition(
        'ScalingLimited',
        'True',
        'ScaleUpLimit',
        'the desired replica count is increasing faster than the maximum scale rate',
      );
      return fastest;
    }
    report.condition(
      'ScalingLimited',
      'True',
      'TooManyReplicas',
      'the desired replica count is more than the maximum replica count',
    );
    return most;
  }
  if (stable < least) {
    report.condition(
      'ScalingLimited',
      'True',
      'TooFewReplicas',
      'the desired replica count is less than the minimum replica count',
    );
    return least;
  }
  report.condition(
    'ScalingLimited',
    'False',
    'DesiredWithinRange',
    'the desired count is within the acceptable range',
  );
  return stable;
}

/** The status of an autoscaler while it is put together. */
class Report {
  private readonly context: ControlContext;
  private readonly autoscaler: KubeObject;
  private conditions: readonly Condition[];
  private status: JsonObject;

  constructor(context: ControlContext, autoscaler: KubeObject) {
    this.context = context;
    this.autoscaler = autoscaler;
    this.status = { ...asObject(autoscaler.status) };
    this.conditions = (this.status.conditions as readonly Condition[] | undefined) ?? [];
  }

  condition(type: string, status: 'True' | 'False', reason: string, message: string): void {
    const next = { type, status, reason, message };
    this.conditions = withCondition(this.conditions, next, this.context.time.now());
  }

  replicas(current: number, desired: number): void {
    this.status = { ...this.status, currentReplicas: current, desiredReplicas: desired };
  }

  metrics(shown: readonly JsonObject[]): void {
    this.status = { ...this.status, currentMetrics: shown.length === 0 ? undefined : shown };
  }

  failedMetrics(first: string, invalid: number, all: number): void {
    this.warn('FailedGetResourceMetric', first);
    const text = `invalid metrics (${invalid} invalid out of ${all}), first error is: failed to get resource metric value: ${first}`;
    this.warn('FailedComputeMetricsReplicas', text);
    this.condition(
      'ScalingActive',
      'False',
      'FailedGetResourceMetric',
      `the HPA was unable to compute the replica count: ${first}`,
    );
  }

  rescaled(desired: number, reason: string): void {
    this.status = {
      ...this.status,
      desiredReplicas: desired,
      lastScaleTime: this.context.time.now(),
    };
    this.say('Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`);
  }

  warn(reason: string, message: string): void {
    this.say('Warning', reason, message);
  }

  write(): SyncOutcome {
    const status = { ...this.status, conditions: this.conditions };
    if (deepEqual(status, this.autoscaler.status)) return 'done';
    const next = { ...this.autoscaler, status };
    return this.context.client.updateStatus(AUTOSCALERS, next).ok ? 'done' : 'retry';
  }

  private say(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.recorder.record(this.autoscaler, { type, reason, message, component: COMPONENT });
  }
}
