/** Defaults of what makes pods (kubernetes `pkg/apis/{apps,batch,core}/v1/defaults.go`). */

import { asObject, type JsonObject, objectsOf } from '../../kube/json.js';
import { draftMeta } from '../object-meta.js';
import { ownObject, setTemplateDefaults } from './pod.js';

/** Fills in a Deployment. */
export function setDeploymentDefaults(draft: JsonObject): void {
  const spec = workloadSpec(draft);
  if (spec === undefined) return;
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.strategy ??= {};
  const strategy = ownObject(spec, 'strategy') ?? {};
  strategy.type ??= 'RollingUpdate';
  if (strategy.type !== 'RollingUpdate') return;
  strategy.rollingUpdate ??= {};
  const rolling = ownObject(strategy, 'rollingUpdate') ?? {};
  rolling.maxUnavailable ??= '25%';
  rolling.maxSurge ??= '25%';
}

/** Fills in a ReplicaSet. */
export function setReplicaSetDefaults(draft: JsonObject): void {
  const spec = workloadSpec(draft);
  if (spec !== undefined) spec.replicas ??= 1;
}

/** Fills in a ReplicationController: its selector and labels come from the template. */
export function setReplicationControllerDefaults(draft: JsonObject): void {
  const spec = workloadSpec(draft);
  if (spec === undefined) return;
  spec.replicas ??= 1;
  const labels = templateLabels(spec);
  if (labels === undefined) return;
  if (Object.keys(asObject(spec.selector) ?? {}).length === 0) spec.selector = { ...labels };
  draftMeta(draft).labels ??= { ...labels };
}

/** Fills in a StatefulSet. */
export function setStatefulSetDefaults(draft: JsonObject): void {
  const spec = workloadSpec(draft);
  if (spec === undefined) return;
  spec.replicas ??= 1;
  spec.podManagementPolicy ??= 'OrderedReady';
  spec.revisionHistoryLimit ??= 10;
  spec.updateStrategy ??= {};
  const strategy = ownObject(spec, 'updateStrategy') ?? {};
  strategy.type ??= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    const rolling = ownObject(strategy, 'rollingUpdate') ?? {};
    rolling.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= { whenDeleted: 'Retain', whenScaled: 'Retain' };
  for (const claim of objectsOf(spec.volumeClaimTemplates)) {
    if (Object.isFrozen(claim)) continue;
    claim.apiVersion ??= 'v1';
    claim.kind ??= 'PersistentVolumeClaim';
    const claimSpec = asObject(claim.spec);
    if (claimSpec !== undefined) claimSpec.volumeMode ??= 'Filesystem';
    claim.status = { phase: 'Pending' };
  }
}

/** Fills in a DaemonSet. */
export function setDaemonSetDefaults(draft: JsonObject): void {
  const spec = workloadSpec(draft);
  if (spec === undefined) return;
  spec.revisionHistoryLimit ??= 10;
  spec.updateStrategy ??= {};
  const strategy = ownObject(spec, 'updateStrategy') ?? {};
  strategy.type ??= 'RollingUpdate';
  if (strategy.type !== 'RollingUpdate') return;
  strategy.rollingUpdate ??= {};
  const rolling = ownObject(strategy, 'rollingUpdate') ?? {};
  rolling.maxUnavailable ??= 1;
  rolling.maxSurge ??= 0;
}

/** Fills in a Job. */
export function setJobDefaults(draft: JsonObject): void {
  const spec = workloadSpec(draft);
  if (spec === undefined) return;
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??=
    spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  const meta = draftMeta(draft);
  meta.labels ??= { ...templateLabels(spec) };
}

/** Gives a new Job the selector and the labels by which it finds its pods. */
export function prepareJob(draft: JsonObject): void {
  const spec = ownObject(draft, 'spec');
  const template = spec === undefined ? undefined : ownObject(spec, 'template');
  if (spec === undefined || template === undefined || spec.manualSelector === true) return;
  const { uid, name = '' } = draftMeta(draft);
  const meta = { ...asObject(template.metadata) };
  template.metadata = meta;
  meta.labels = {
    ...asObject(meta.labels),
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  spec.selector ??= { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
}

/** Fills in a CronJob. */
export function setCronJobDefaults(draft: JsonObject): void {
  const spec = ownObject(draft, 'spec');
  if (spec === undefined) return;
  spec.concurrencyPolicy ??= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  const jobTemplate = ownObject(spec, 'jobTemplate');
  const jobSpec = jobTemplate === undefined ? undefined : ownObject(jobTemplate, 'spec');
  if (jobSpec !== undefined) setTemplateDefaults(jobSpec);
}

function workloadSpec(draft: JsonObject): JsonObject | undefined {
  const spec = ownObject(draft, 'spec');
  if (spec !== undefined) setTemplateDefaults(spec);
  return spec;
}

function templateLabels(spec: JsonObject): JsonObject | undefined {
  return asObject(asObject(asObject(spec.template)?.metadata)?.labels);
}
