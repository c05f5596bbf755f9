/** Rules for what makes pods (kubernetes `pkg/apis/{apps,batch,core}/validation`). */

import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  KubeObject,
  LabelSelector,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../../contract/kube.js';
import { isTimeZone, parseCron } from '../../kube/cron-schedule.js';
import { deepEqual } from '../../kube/json.js';
import { labelMapMatcher, labelSelectorMatcher } from '../../kube/label-selector.js';
import {
  addAll,
  type FieldError,
  forbiddenField,
  invalidValue,
  NIL_MAP,
  notSupported,
  required,
} from './field-error.js';
import { validateAnnotations, validateLabels } from './object-meta.js';
import { validatePodSpec } from './pod-spec.js';
import { validateLabelSelector } from './selector.js';
import { countOrPercent, goIntOrString, isZero, notNegative, oneOf } from './values.js';

const IMMUTABLE = 'field is immutable';

interface Templated {
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

function validateTemplate(
  template: PodTemplateSpec | undefined,
  path: string,
): readonly FieldError[] {
  if (template === undefined) return [required(path)];
  return [
    ...validateLabels(template.metadata?.labels, `${path}.labels`),
    ...validateAnnotations(template.metadata?.annotations, `${path}.annotations`),
    ...validatePodSpec(template.spec, `${path}.spec`),
  ];
}

function validateSelected(spec: Templated, kind: string): readonly FieldError[] {
  const { selector, template } = spec;
  const errors: FieldError[] = [];
  if (selector === undefined) {
    errors.push({ ...required('spec.selector'), hint: selectorHint(template) });
  } else {
    addAll(errors, validateLabelSelector(selector, 'spec.selector'));
    if (isEmpty(selector))
      errors.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  if (template !== undefined && !matchesTemplate(spec)) errors.push(notSelected(template));
  addAll(errors, validateTemplate(template, 'spec.template'), onlyAlways(template));
  return errors;
}

/** An absent selector selects nothing, an empty one everything. */
function matchesTemplate({ selector, template }: Templated): boolean {
  if (selector === undefined) return false;
  return isEmpty(selector) || labelSelectorMatcher(selector)(template?.metadata?.labels);
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

function notSelected(template: PodTemplateSpec | undefined): FieldError {
  return invalidValue(
    'spec.template.metadata.labels',
    template?.metadata?.labels ?? NIL_MAP,
    '`selector` does not match template `labels`',
  );
}

function selectorHint(template: PodTemplateSpec | undefined): string {
  const labels = Object.entries(template?.metadata?.labels ?? {});
  if (labels.length === 0)
    return 'give the template labels, and repeat them under spec.selector.matchLabels';
  return `add matchLabels: {${labels.map(([key, value]) => `${key}: ${value}`).join(', ')}}`;
}

function onlyAlways(template: PodTemplateSpec | undefined): readonly FieldError[] {
  const errors: FieldError[] = [];
  const policy = template?.spec?.restartPolicy;
  if (policy !== undefined && policy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  }
  if (template?.spec?.activeDeadlineSeconds !== undefined) {
    errors.push(
      forbiddenField(
        'spec.template.spec.activeDeadlineSeconds',
        'activeDeadlineSeconds in ReplicaSet is not Supported',
      ),
    );
  }
  return errors;
}

/** What is wrong with a Deployment. */
export function validateDeployment(object: KubeObject): readonly FieldError[] {
  const { spec } = object as Deployment;
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  const errors = [
    ...notNegative(spec.replicas, 'spec.replicas'),
    ...validateSelected(spec, 'deployment'),
    ...validateStrategy(spec.strategy),
    ...notNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ];
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  if (deadline !== undefined && deadline <= minReadySeconds) {
    errors.push(
      invalidValue(
        'spec.progressDeadlineSeconds',
        deadline,
        'must be greater than minReadySeconds',
      ),
    );
  }
  return errors;
}

function validateStrategy(strategy: Deployment['spec']['strategy']): readonly FieldError[] {
  const path = 'spec.strategy';
  const rolling = strategy?.rollingUpdate;
  const errors = [...oneOf(strategy?.type, `${path}.type`, ['Recreate', 'RollingUpdate'])];
  if (strategy?.type === 'Recreate' && rolling !== undefined) {
    errors.push(
      forbiddenField(
        `${path}.rollingUpdate`,
        "may not be specified when strategy `type` is 'Recreate'",
      ),
    );
  }
  if (strategy?.type === 'RollingUpdate')
    addAll(errors, validateRolling(rolling, `${path}.rollingUpdate`));
  return errors;
}

type Rolling = NonNullable<Deployment['spec']['strategy']>['rollingUpdate'];

function validateRolling(rolling: Rolling, path: string): readonly FieldError[] {
  const errors = [
    ...countOrPercent(rolling?.maxUnavailable, `${path}.maxUnavailable`),
    ...countOrPercent(rolling?.maxSurge, `${path}.maxSurge`),
  ];
  if (errors.length === 0 && isZero(rolling?.maxUnavailable) && isZero(rolling?.maxSurge)) {
    errors.push(
      invalidValue(
        `${path}.maxUnavailable`,
        goIntOrString(rolling?.maxUnavailable ?? 0),
        'may not be 0 when `maxSurge` is 0',
      ),
    );
  }
  const unavailable = rolling?.maxUnavailable;
  if (typeof unavailable === 'string' && Number.parseInt(unavailable, 10) > 100) {
    errors.push(
      invalidValue(
        `${path}.maxUnavailable`,
        goIntOrString(unavailable),
        'must not be greater than 100%',
      ),
    );
  }
  return errors;
}

/** What is wrong with a ReplicaSet. */
export function validateReplicaSet(object: KubeObject): readonly FieldError[] {
  const { spec } = object as ReplicaSet;
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  return [
    ...notNegative(spec.replicas, 'spec.replicas'),
    ...notNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateSelected(spec, 'deployment'),
  ];
}

/** What is wrong with a ReplicationController. */
export function validateReplicationController(object: KubeObject): readonly FieldError[] {
  const { spec } = object as ReplicationController;
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  const errors = [
    ...notNegative(spec.replicas, 'spec.replicas'),
    ...validateTemplate(spec.template, 'spec.template'),
    ...onlyAlways(spec.template),
  ];
  const { selector = {} } = spec;
  const labels = spec.template?.metadata?.labels;
  if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
  else if (spec.template !== undefined && !labelMapMatcher(selector)(labels)) {
    errors.push(notSelected(spec.template));
  }
  return errors;
}

/** What is wrong with a StatefulSet. */
export function validateStatefulSet(object: KubeObject): readonly FieldError[] {
  const { spec } = object as StatefulSet;
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  const claims = new Set((spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata?.name));
  // A mount may name a claim template: its volume is added when the pod is made.
  const errors = validateSelected(spec, 'statefulset').filter(
    ({ type, value }) => type !== 'notFound' || !claims.has(String(value)),
  );
  // Upstream lets the pods fail instead; a claim without a name can only be a mistake.
  const nameless = (spec.volumeClaimTemplates ?? []).flatMap(({ metadata }, index) =>
    (metadata?.name ?? '') === ''
      ? [required(`spec.volumeClaimTemplates[${index}].metadata.name`)]
      : [],
  );
  return [
    ...nameless,
    ...notNegative(spec.replicas, 'spec.replicas'),
    ...oneOf(spec.podManagementPolicy, 'spec.podManagementPolicy', ['OrderedReady', 'Parallel']),
    ...oneOf(spec.updateStrategy?.type, 'spec.updateStrategy', ['RollingUpdate', 'OnDelete']),
    ...notNegative(
      spec.updateStrategy?.rollingUpdate?.partition,
      'spec.updateStrategy.rollingUpdate.partition',
    ),
    ...errors,
  ];
}

/** What is wrong with a DaemonSet. */
export function validateDaemonSet(object: KubeObject): readonly FieldError[] {
  const { spec } = object as DaemonSet;
  if (spec === undefined) return [required('spec.selector'), required('spec.template')];
  const { updateStrategy } = spec;
  const rolling =
    updateStrategy?.type === 'RollingUpdate'
      ? validateRolling(updateStrategy.rollingUpdate, 'spec.updateStrategy.rollingUpdate')
      : [];
  return [
    ...validateSelected(spec, 'daemonset'),
    ...oneOf(updateStrategy?.type, 'spec.updateStrategy.type', ['RollingUpdate', 'OnDelete']),
    ...rolling,
    ...notNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
  ];
}

/** What is wrong with a Job. */
export function validateJob(object: KubeObject): readonly FieldError[] {
  return validateJobSpec((object as Job).spec, 'spec');
}

function validateJobSpec(spec: Job['spec'] | undefined, path: string): readonly FieldError[] {
  if (spec === undefined) return [required(`${path}.template`)];
  const errors = [
    ...notNegative(spec.parallelism, `${path}.parallelism`),
    ...notNegative(spec.completions, `${path}.completions`),
    ...notNegative(spec.backoffLimit, `${path}.backoffLimit`),
    ...notNegative(spec.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`),
    ...notNegative(spec.ttlSecondsAfterFinished, `${path}.ttlSecondsAfterFinished`),
    ...oneOf(spec.completionMode, `${path}.completionMode`, ['NonIndexed', 'Indexed']),
    ...validateLabelSelector(spec.selector, `${path}.selector`),
    ...validateTemplate(spec.template, `${path}.template`),
  ];
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
    errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  }
  const policy = spec.template?.spec?.restartPolicy;
  if (spec.template?.spec !== undefined && policy !== 'Never' && policy !== 'OnFailure') {
    const error = notSupported(`${path}.template.spec.restartPolicy`, policy ?? 'Always', [
      'OnFailure',
      'Never',
    ]);
    errors.push({
      ...error,
      hint: 'a Job must say restartPolicy: Never or OnFailure; the default is Always',
    });
  }
  return errors;
}

/** What is wrong with a CronJob. */
export function validateCronJob(object: KubeObject): readonly FieldError[] {
  const { spec, metadata } = object as CronJob;
  if (spec === undefined) return [required('spec.schedule'), required('spec.jobTemplate')];
  const errors: FieldError[] = [];
  if ((metadata.name ?? '').length > 52) {
    errors.push(invalidValue('metadata.name', metadata.name, 'must be no more than 52 characters'));
  }
  if (!spec.schedule) errors.push(required('spec.schedule'));
  else addAll(errors, validateSchedule(spec.schedule));
  addAll(
    errors,
    validateTimeZone(spec.timeZone),
    notNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    oneOf(spec.concurrencyPolicy, 'spec.concurrencyPolicy', ['Allow', 'Forbid', 'Replace']),
    notNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    notNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
    validateJobSpec(spec.jobTemplate?.spec, 'spec.jobTemplate.spec'),
  );
  return errors;
}

function validateSchedule(schedule: string): readonly FieldError[] {
  const path = 'spec.schedule';
  if (schedule.includes('TZ')) {
    return [
      invalidValue(
        path,
        schedule,
        'cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ),
    ];
  }
  const parsed = parseCron(schedule);
  return parsed.ok ? [] : [invalidValue(path, schedule, parsed.error)];
}

function validateTimeZone(timeZone: string | undefined): readonly FieldError[] {
  const path = 'spec.timeZone';
  if (timeZone === undefined) return [];
  if (timeZone === '')
    return [invalidValue(path, timeZone, 'timeZone must be nil or non-empty string')];
  if (timeZone.toLowerCase() === 'local')
    return [
      invalidValue(
        path,
        timeZone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    ];
  return isTimeZone(timeZone)
    ? []
    : [invalidValue(path, timeZone, `unknown time zone ${timeZone}`)];
}

/** Selectors may not change. */
export function validateSelectorUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  const [after, before] = [selectorOf(next), selectorOf(current)];
  return deepEqual(after, before) ? [] : [invalidValue('spec.selector', after, IMMUTABLE)];
}

function selectorOf(object: KubeObject): LabelSelector | undefined {
  return (object as ReplicaSet).spec?.selector;
}

const STATEFUL_SET_MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

/** A StatefulSet keeps its name, its claims and its selector. */
export function validateStatefulSetUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  const fixed = (object: KubeObject) =>
    Object.fromEntries(
      Object.entries((object as StatefulSet).spec).filter(
        ([field]) => !STATEFUL_SET_MUTABLE.includes(field) && field !== 'revisionHistoryLimit',
      ),
    );
  if (deepEqual(fixed(next), fixed(current))) return [];
  return [
    forbiddenField(
      'spec',
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
  ];
}

/** A Job keeps its template, its selector and how many completions it wants. */
export function validateJobUpdate(next: KubeObject, current: KubeObject): readonly FieldError[] {
  const [after, before] = [(next as Job).spec, (current as Job).spec];
  const errors: FieldError[] = [];
  if (after.completionMode !== 'Indexed' && after.completions !== before.completions) {
    errors.push(invalidValue('spec.completions', after.completions ?? null, IMMUTABLE));
  }
  if (!deepEqual(after.selector, before.selector)) {
    errors.push(invalidValue('spec.selector', after.selector, IMMUTABLE));
  }
  if (!deepEqual(after.template, before.template)) {
    errors.push(invalidValue('spec.template', after.template, IMMUTABLE));
  }
  if (after.completionMode !== before.completionMode) {
    errors.push(invalidValue('spec.completionMode', after.completionMode, IMMUTABLE));
  }
  return errors;
}
