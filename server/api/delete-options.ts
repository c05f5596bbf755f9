/** Reads `DeleteOptions`, of a deletion and of an eviction. */

import { asObject } from '../kube/json.js';
import { refuseInvalid } from './refuse-invalid.js';
import { type ApiFailure, type DeleteOptions, refuse } from './request.js';
import { decodeAs } from './schema/decode.js';
import { badRequest } from './status.js';
import { type FieldError, invalidValue, notSupported } from './validation/field-error.js';

const KIND = { group: 'meta.k8s.io', kind: 'DeleteOptions', plural: 'deleteoptions' };
const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;

/** What the deprecated `orphanDependents` stands for. */
function policyOf(orphan: unknown): DeleteOptions['propagationPolicy'] {
  return orphan === undefined ? undefined : orphan === true ? 'Orphan' : 'Background';
}

/**
 * Reads the options: 400 where a type is wrong, 422 where a value is (apimachinery, `apis/meta/v1/validation`).
 * Undefined stands for none.
 */
export function readDeleteOptions(
  body: unknown,
): { readonly ok: true; readonly value: DeleteOptions } | ApiFailure {
  if (body === undefined || body === null) return { ok: true, value: {} };
  const { value, problems } = decodeAs('V1DeleteOptions', body);
  const [wrong] = problems.filter(({ kind }) => kind === 'type');
  if (wrong !== undefined) return refuse(badRequest(wrong.upstream));
  const { propagationPolicy, orphanDependents, gracePeriodSeconds } = value;
  const dryRun = Array.isArray(value.dryRun) ? value.dryRun : [];
  const errors = validate(propagationPolicy, orphanDependents, dryRun);
  if (errors.length > 0) return refuseInvalid(KIND, '', errors);
  const { uid, resourceVersion } = asObject(value.preconditions) ?? {};
  return {
    ok: true,
    value: {
      dryRun: dryRun.length > 0,
      gracePeriodSeconds: typeof gracePeriodSeconds === 'number' ? gracePeriodSeconds : undefined,
      propagationPolicy:
        POLICIES.find((one) => one === propagationPolicy) ?? policyOf(orphanDependents),
      preconditions: {
        uid: typeof uid === 'string' ? uid : undefined,
        resourceVersion: typeof resourceVersion === 'string' ? resourceVersion : undefined,
      },
    },
  };
}

function validate(policy: unknown, orphan: unknown, dryRun: readonly unknown[]): FieldError[] {
  const errors: FieldError[] = [];
  if (policy !== undefined && orphan !== undefined) {
    const both = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push(invalidValue('propagationPolicy', policy, both));
  }
  if (policy !== undefined && !POLICIES.some((one) => one === policy))
    errors.push(notSupported('propagationPolicy', policy, [...POLICIES, 'nil']));
  if (dryRun.some((one) => one !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  return errors;
}
