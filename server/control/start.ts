import type { EventRecorder } from '../api/index.js';
import type { Pod } from '../contract/kube.js';
import type { WallTime } from '../kube/wall-time.js';
import type { ResourceName } from '../store/index.js';
import { type PodUsage, startAutoscaler } from './autoscaler/autoscaler.js';
import type { ControlClient } from './client.js';
import type { ControlClock } from './clock.js';
import { startClusterRoleAggregation } from './cluster-role-aggregation.js';
import type { ControlContext, Controller } from './context.js';
import { startDaemonSetController } from './daemon-set.js';
import { startDeploymentController } from './deployment/deployment.js';
import { startDisruptionController } from './disruption.js';
import { startEndpointsController } from './endpoints.js';
import { startGarbageCollector } from './garbage-collector.js';
import { startCronJobController } from './job/cron-job.js';
import { startJobController } from './job/job.js';
import { startNamespaceController } from './namespace.js';
import { suffixSource } from './naming.js';
import { type NodeHealth, startNodeLifecycleController } from './node/node-lifecycle.js';
import { startTaintEvictionController } from './node/taint-eviction.js';
import { startClaimController } from './persistent-volume-claim.js';
import { addControlIndexes } from './pod/owned.js';
import { startReplicaSetController, startReplicationController } from './replica-set.js';
import { startResourceQuotaController } from './resource-quota.js';
import type { SchedulingReport } from './scheduler/report.js';
import { type Draws, type Foreseen, startScheduler } from './scheduler/scheduler.js';
import { startStatefulSetController } from './stateful-set.js';

/** What the control plane is made from. */
export interface ControllersOptions {
  readonly client: ControlClient;
  readonly clock: ControlClock;
  readonly time: WallTime;
  /** Seeded numbers from 0 up to 1: one sequence for names, one for the scheduler's draws. */
  readonly random: { readonly names: () => number; readonly scheduler: Draws };
  /** The one that kubelets record through too. */
  readonly recorder: EventRecorder;
  /** All resources that are stored, for garbage collection; those that podnet knows when absent. */
  readonly resources?: readonly ResourceName[];
  /** Those of them that live in namespaces. */
  readonly namespacedResources?: readonly ResourceName[];
  readonly nodeHealth?: NodeHealth;
  /** Controllers of other parts, which run among the others. */
  readonly others?: readonly ((context: ControlContext) => Controller)[];
  /** What pods use, for HorizontalPodAutoscalers; none has figures when absent. */
  readonly podUsage?: PodUsage;
  /** PEM for the ConfigMaps `kube-root-ca.crt`; empty when absent. */
  readonly rootCa?: string;
}

/** The running control plane. */
export interface Controllers {
  /** Keys to be worked on at this instant, over all controllers; 0 when all is as it should be. */
  readonly pendingWork: number;
  schedulingReport(podUid: string): SchedulingReport | undefined;
  /** Where pods would go if they were made now; see `Scheduler`. */
  foresee(pods: readonly Pod[]): readonly Foreseen[];
  stop(): void;
}

const CLUSTER_WIDE: readonly ResourceName[] = ['nodes', 'namespaces'];
const NAMESPACED: readonly ResourceName[] = [
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/cronjobs',
  'batch/jobs',
  'replicationcontrollers',
  'apps/replicasets',
  'pods',
  'services',
  'endpoints',
  'discovery.k8s.io/endpointslices',
  'apps/controllerrevisions',
  'persistentvolumeclaims',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'networking.k8s.io/networkpolicies',
  'coordination.k8s.io/leases',
  'events',
];

/** Starts every controller and the scheduler. They act in events of the clock, never within this call. */
export function startControllers(options: ControllersOptions): Controllers {
  const { client, clock, recorder, time } = options;
  const context: ControlContext = {
    client,
    clock,
    time,
    recorder,
    suffix: suffixSource(options.random.names),
    rootCa: options.rootCa ?? '',
  };
  addControlIndexes(client.store);
  const namespaced = options.namespacedResources ?? NAMESPACED;
  const scheduler = startScheduler(context, options.random.scheduler);
  const running: readonly Controller[] = [
    startNamespaceController(context, namespaced),
    startNodeLifecycleController(context, options.nodeHealth),
    startTaintEvictionController(context),
    startResourceQuotaController(context, client.quotas),
    startDisruptionController(context),
    startAutoscaler(context, options.podUsage ?? (() => undefined)),
    startClaimController(context),
    startClusterRoleAggregation(context),
    startCronJobController(context),
    startJobController(context),
    startDeploymentController(context),
    startReplicaSetController(context),
    startReplicationController(context),
    startStatefulSetController(context),
    startDaemonSetController(context),
    startEndpointsController(context),
    startGarbageCollector(context, options.resources ?? [...CLUSTER_WIDE, ...namespaced]),
    ...(options.others ?? []).map((start) => start(context)),
    scheduler,
  ];
  return {
    get pendingWork() {
      return running.reduce((sum, controller) => sum + controller.pendingWork, 0);
    },
    schedulingReport: (podUid) => scheduler.report(podUid),
    foresee: (pods) => scheduler.foresee(pods),
    stop() {
      for (const controller of running) controller.stop();
    },
  };
}
