/** Rules for autoscalers, disruption budgets, quotas, limits and priorities (kubernetes `pkg/apis`). */

import type { IntOrString, KubeObject } from '../../contract/kube.js';
import { asObject, type JsonObject, objectsOf, stringsOf } from '../../kube/json.js';
import { quantityOf } from '../../kube/quantity.js';
import {
  addAll,
  duplicate,
  type FieldError,
  forbiddenField,
  goText,
  invalidValue,
  notSupported,
  required,
} from './field-error.js';
import { checkQualifiedName } from './names.js';
import { validateLabelSelector } from './selector.js';
import { countOrPercent, goIntOrString, NOT_NEGATIVE, oneOf, textOf } from './values.js';

/** What is wrong with a HorizontalPodAutoscaler. */
export function validateAutoscaler(object: KubeObject): readonly FieldError[] {
  const spec = asObject(object.spec) ?? {};
  const { minReplicas, maxReplicas = 0 } = spec;
  const errors: FieldError[] = [];
  if (typeof minReplicas === 'number' && minReplicas < 1) {
    errors.push(
      invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'),
    );
  }
  if (Number(maxReplicas) < 1)
    errors.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (typeof minReplicas === 'number' && Number(maxReplicas) < minReplicas) {
    errors.push(
      invalidValue(
        'spec.maxReplicas',
        maxReplicas,
        'must be greater than or equal to `minReplicas`',
      ),
    );
  }
  const target = asObject(spec.scaleTargetRef) ?? {};
  for (const field of ['kind', 'name']) {
    if ((textOf(target[field]) ?? '') === '') errors.push(required(`spec.scaleTargetRef.${field}`));
  }
  objectsOf(spec.metrics).forEach((metric, index) => {
    addAll(errors, validateMetric(metric, `spec.metrics[${index}]`));
  });
  return errors;
}

const METRICS = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

function validateMetric(metric: JsonObject, path: string): readonly FieldError[] {
  const type = textOf(metric.type) ?? '';
  if (type === '') return [required(`${path}.type`, 'must specify a metric source type')];
  if (!METRICS.includes(type)) return [notSupported(`${path}.type`, type, METRICS)];
  const field = `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  const source = asObject(metric[field]);
  if (source === undefined) {
    const what = `must populate information for the given metric source`;
    return [required(`${path}.${field}`, what)];
  }
  if (type !== 'Resource' && type !== 'ContainerResource') return [];
  const at = `${path}.${field}`;
  const target = asObject(source.target) ?? {};
  const errors: FieldError[] = [];
  if ((textOf(source.name) ?? '') === '')
    errors.push(required(`${at}.name`, 'must specify a resource name'));
  if ((textOf(target.type) ?? '') === '')
    errors.push(required(`${at}.target.type`, 'must specify a metric target type'));
  const { averageUtilization, averageValue } = target;
  if (averageUtilization === undefined && averageValue === undefined) {
    errors.push(
      required(
        `${at}.target.averageUtilization`,
        'must set either a target raw value or a target utilization',
      ),
    );
  } else if (averageUtilization !== undefined && averageValue !== undefined) {
    errors.push(
      forbiddenField(
        `${at}.target.averageValue`,
        'may not set both a target raw value and a target utilization',
      ),
    );
  }
  if (typeof averageUtilization === 'number' && averageUtilization < 1) {
    errors.push(
      invalidValue(`${at}.target.averageUtilization`, averageUtilization, 'must be greater than 0'),
    );
  }
  return errors;
}

/** What is wrong with a PodDisruptionBudget. */
export function validateBudget(object: KubeObject): readonly FieldError[] {
  const spec = asObject(object.spec) ?? {};
  const [least, most] = [amount(spec.minAvailable), amount(spec.maxUnavailable)];
  const errors: FieldError[] = [];
  if (least !== undefined && most !== undefined) {
    errors.push(invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  addAll(
    errors,
    share(least, 'spec.minAvailable'),
    share(most, 'spec.maxUnavailable'),
    validateLabelSelector(asObject(spec.selector), 'spec.selector'),
  );
  return errors;
}

function amount(value: unknown): IntOrString | undefined {
  return typeof value === 'number' || typeof value === 'string' ? value : undefined;
}

function share(value: IntOrString | undefined, path: string): readonly FieldError[] {
  const tooMuch =
    typeof value === 'string' && /^\d+%$/.test(value) && Number.parseInt(value, 10) > 100;
  return [
    ...countOrPercent(value, path),
    ...(tooMuch ? [invalidValue(path, goIntOrString(value), 'must not be greater than 100%')] : []),
  ];
}

const QUOTA_NAMES: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);
const COUNTED =
  /^(pods|resourcequotas|services.*|replicationcontrollers|secrets|persistentvolumeclaims|configmaps)$/;
const SCOPES: ReadonlySet<string> = new Set([
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'PriorityClass',
  'CrossNamespacePodAffinity',
]);

/** What is wrong with a ResourceQuota. */
export function validateQuota(object: KubeObject): readonly FieldError[] {
  const spec = asObject(object.spec) ?? {};
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(asObject(spec.hard) ?? {})) {
    const at = `spec.hard[${name}]`;
    addAll(
      errors,
      checkQualifiedName(name).map((one) => invalidValue(at, name, one)),
    );
    if (!name.includes('/') && !QUOTA_NAMES.has(name))
      errors.push(invalidValue(at, name, 'must be a standard resource for quota'));
    const text = String(value);
    if (quantityOf(text) < 0) errors.push(invalidValue(at, text, NOT_NEGATIVE));
    if (COUNTED.test(name) && !Number.isInteger(quantityOf(text)))
      errors.push(invalidValue(at, text, 'must be an integer'));
  }
  const scopes = stringsOf(spec.scopes);
  for (const scope of scopes) {
    if (SCOPES.has(scope)) continue;
    const list = scopes.map((one) => JSON.stringify(one)).join(', ');
    errors.push(
      invalidValue(
        'spec.scopes',
        goText(`[]core.ResourceQuotaScope{${list}}`),
        'unsupported scope',
      ),
    );
  }
  return errors;
}

const LIMIT_TYPES: ReadonlySet<string> = new Set(['Pod', 'Container', 'PersistentVolumeClaim']);

/** What is wrong with a LimitRange. */
export function validateLimits(object: KubeObject): readonly FieldError[] {
  const seen = new Set<string>();
  return objectsOf(asObject(object.spec)?.limits).flatMap((limit, index) => {
    const path = `spec.limits[${index}]`;
    const type = textOf(limit.type) ?? '';
    const errors: FieldError[] = [];
    if (!LIMIT_TYPES.has(type) && !type.includes('/')) {
      errors.push(
        ...checkQualifiedName(type).map((one) => invalidValue(`${path}.type`, type, one)),
        invalidValue(`${path}.type`, type, 'must be a standard limit type or fully qualified'),
      );
    }
    if (seen.has(type)) errors.push(duplicate(`${path}.type`, type));
    seen.add(type);
    if (type === 'Pod') {
      for (const field of ['default', 'defaultRequest']) {
        if (Object.keys(asObject(limit[field]) ?? {}).length > 0) {
          errors.push(
            forbiddenField(`${path}.${field}`, "may not be specified when `type` is 'Pod'"),
          );
        }
      }
    }
    for (const [lower, upper] of ORDERED) addAll(errors, inOrder(limit, lower, upper, path));
    return errors;
  });
}

/** What may not exceed what, with upstream's words for the former. */
const ORDERED: readonly (readonly [lower: LimitField, upper: LimitField])[] = [
  ['min', 'max'],
  ['min', 'defaultRequest'],
  ['defaultRequest', 'max'],
  ['defaultRequest', 'default'],
  ['min', 'default'],
  ['default', 'max'],
];
type LimitField = 'min' | 'max' | 'default' | 'defaultRequest';
const LIMIT_WORDS: Readonly<Record<LimitField, string>> = {
  min: 'min value',
  max: 'max value',
  default: 'default value',
  defaultRequest: 'default request value',
};
const UPPER_WORDS: Readonly<Record<LimitField, string>> = {
  ...LIMIT_WORDS,
  default: 'default limit value',
};

function inOrder(
  limit: JsonObject,
  lower: LimitField,
  upper: LimitField,
  path: string,
): readonly FieldError[] {
  const above = asObject(limit[upper]) ?? {};
  return Object.entries(asObject(limit[lower]) ?? {}).flatMap(([name, value]) => {
    const other = above[name];
    if (other === undefined || quantityOf(String(value)) <= quantityOf(String(other))) return [];
    // Upstream puts what is between min and max under its own name.
    const field = lower === 'min' && upper !== 'max' ? upper : lower;
    const text = `${LIMIT_WORDS[lower]} ${value} is greater than ${UPPER_WORDS[upper]} ${other}`;
    return [invalidValue(`${path}.${field}[${name}]`, String(value), text)];
  });
}

const MAX_PRIORITY = 1_000_000_000;
const SYSTEM_CLASSES = ['system-node-critical', 'system-cluster-critical'];

/** What is wrong with a PriorityClass. */
export function validatePriorityClass(object: KubeObject): readonly FieldError[] {
  const { name = '' }: { readonly name?: string } = object.metadata;
  const errors: FieldError[] = [];
  if (name.startsWith('system-')) {
    if (!SYSTEM_CLASSES.includes(name)) {
      errors.push(
        forbiddenField(
          'metadata.name',
          `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`,
        ),
      );
    }
  } else if (Number(object.value ?? 0) > MAX_PRIORITY) {
    errors.push(
      forbiddenField(
        'value',
        `maximum allowed value of a user defined priority is ${MAX_PRIORITY}`,
      ),
    );
  }
  addAll(
    errors,
    oneOf(textOf(object.preemptionPolicy), 'preemptionPolicy', ['Never', 'PreemptLowerPriority']),
  );
  return errors;
}

/** A class keeps its number. */
export function validatePriorityClassUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (next.value !== current.value)
    errors.push(forbiddenField('value', 'may not be changed in an update.'));
  if (next.preemptionPolicy !== current.preemptionPolicy)
    errors.push(invalidValue('preemptionPolicy', next.preemptionPolicy, 'field is immutable'));
  return errors;
}
