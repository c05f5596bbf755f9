/**
 * Applying to the scale subresource: `spec.replicas` of the Scale is a field of the object that it scales, and has the
 * owners of that. Source: apimachinery, `managedfields/scalehandler.go`.
 */

import type { Status } from '../../contract/kube.js';
import { asObject, type JsonObject } from '../../kube/json.js';
import { describeGoValue } from '../patch/go-format.js';
import { groupVersion } from '../registry/resource-info.js';
import { badRequest } from '../status.js';
import { checkValue, describeProblems } from './check-value.js';
import type { ApplyRecord, FieldManager, ManagedFields } from './field-manager.js';
import { mergeTypeOf } from './merge-type.js';

const SCALE = 'autoscaling/v1';

/** How many replicas an apply asks for, and who owns the fields of the scaled object then. */
export type ScaleApplied =
  | { readonly ok: true; readonly replicas: number; readonly managedFields: ManagedFields }
  | { readonly ok: false; readonly error: Status };

/** Applies a Scale. */
export function applyScale(fieldManager: FieldManager, record: ApplyRecord): ScaleApplied {
  const { info, body } = record;
  const given = typeof body.apiVersion === 'string' ? body.apiVersion : '';
  if (given !== SCALE) {
    return refuse(
      `Incorrect version specified in apply patch. Specified patch version: ${given}, expected: ${SCALE}`,
    );
  }
  const problems = checkValue(mergeTypeOf('V1Scale'), body);
  if (problems.length > 0) {
    const { namespace = '', name = '' } = asObject(body.metadata) ?? {};
    return refuse(
      `failed to create typed patch object (${describeGoValue(namespace)}/${describeGoValue(name)}; ${SCALE}, Kind=Scale): ${describeProblems(problems)}`,
    );
  }
  const replicas = asObject(body.spec)?.replicas;
  const scaled: JsonObject = {
    apiVersion: groupVersion(info),
    kind: info.kind,
    metadata: body.metadata ?? {},
    ...(replicas === undefined ? {} : { spec: { replicas } }),
  };
  const applied = fieldManager.apply({ ...record, subresource: 'scale', body: scaled });
  if (!applied.ok) return { ok: false, error: inScaleVersion(applied.error, groupVersion(info)) };
  const { value, managedFields } = applied;
  return { ok: true, replicas: Number(asObject(value.spec)?.replicas ?? 0), managedFields };
}

/** Conflicts as a client of the scale sees them: all owners use the version of Scale. */
function inScaleVersion(error: Status, version: string): Status {
  const rename = (text: string) => text.replaceAll(` using ${version}`, ` using ${SCALE}`);
  const causes = error.details?.causes?.map((cause) => ({
    ...cause,
    ...(cause.message === undefined ? {} : { message: rename(cause.message) }),
  }));
  return {
    ...error,
    message: rename(error.message ?? ''),
    ...(causes === undefined ? {} : { details: { ...error.details, causes } }),
  };
}

function refuse(message: string): ScaleApplied {
  return { ok: false, error: badRequest(message) };
}
