/** What a kind's schema refuses. */

import type { KubeObject } from '../../contract/kube.js';
import { isObject } from '../../kube/json.js';
import type { ResourceInfo } from '../registry/resource-info.js';
import { addAll, type FieldError, required } from '../validation/field-error.js';
import { type FieldType, schemaType } from './schema.js';
import { validateStructural } from './structural-validation.js';

/** Required by the schema, yet upstream takes their zero value: an empty list, an empty selector, 0. */
const ZERO_IS_FINE: ReadonlySet<string> = new Set([
  'V1EndpointSlice.endpoints',
  'V1NetworkPolicySpec.podSelector',
  'V1LabelSelectorRequirement.operator',
  'V1ControllerRevision.revision',
  'V1PriorityClass.value',
  'V1ServicePort.port',
  'V1ContainerPort.containerPort',
  'V1StatefulSetSpec.serviceName',
  'V1HPAScalingRules.value',
  'V1SubjectRulesReviewStatus.incomplete',
  'EventsV1Event.eventTime',
  'V1GRPCAction.port',
  'V1PodIP.ip',
  'V1CustomResourceDefinitionVersion.served',
  'V1CustomResourceDefinitionVersion.storage',
  'V1EndpointSubset.addresses',
]);

/**
 * Required fields that are absent, and for kinds with a schema of their own values that it does not allow; except where
 * `reported` has an error at or below the field already.
 */
export function schemaErrors(
  info: ResourceInfo,
  object: KubeObject,
  reported: readonly FieldError[],
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (info.schema !== undefined) visit({ kind: 'object', name: info.schema }, object, '', errors);
  else if (info.structural !== undefined)
    addAll(errors, validateStructural({ ...object }, info.structural));
  return errors.filter((error) => !reported.some((other) => covers(other.field, error.field)));
}

function covers(other: string, field: string): boolean {
  return other === field || other.startsWith(`${field}.`) || other.startsWith(`${field}[`);
}

function visit(type: FieldType, value: unknown, path: string, errors: FieldError[]): void {
  if (type.kind === 'array' && Array.isArray(value)) {
    value.forEach((entry, index) => {
      visit(type.of, entry, `${path}[${index}]`, errors);
    });
  } else if (type.kind === 'map' && isObject(value)) {
    for (const [key, entry] of Object.entries(value))
      visit(type.of, entry, `${path}[${key}]`, errors);
  } else if (type.kind === 'object' && isObject(value)) {
    visitFields(type.name, value, path, errors);
  }
}

function visitFields(
  name: string,
  value: Readonly<Record<string, unknown>>,
  path: string,
  errors: FieldError[],
): void {
  for (const [field, { type, required: needed }] of schemaType(name) ?? []) {
    if (path === '' && field === 'status') continue;
    const at = path === '' ? field : `${path}.${field}`;
    const entry = value[field];
    if (entry !== undefined) visit(type, entry, at, errors);
    else if (needed && !ZERO_IS_FINE.has(`${name}.${field}`)) errors.push(required(at));
  }
}
