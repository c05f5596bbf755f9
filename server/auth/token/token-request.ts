/** Answers `serviceaccounts/NAME/token` (upstream: `pkg/registry/core/serviceaccount/storage/token.go`). */

import type { TokenAsked } from '../../api/access.js';
import { type ApiResult, refuse, succeed } from '../../api/request.js';
import { badRequest, conflict, invalid, notFound } from '../../api/status.js';
import { type FieldError, invalidValue } from '../../api/validation/field-error.js';
import type { KubeObject, Status } from '../../contract/kube.js';
import { asObject, asString, type JsonObject, stringsOf } from '../../kube/json.js';
import { rfc3339 } from '../../kube/time.js';
import type { ObjectStore } from '../../store/store.js';
import { type AccountTokens, type BoundObject, ISSUER } from './account-tokens.js';

const RESOURCE = { group: 'authentication.k8s.io', plural: 'tokenrequests', kind: 'TokenRequest' };
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const DEFAULT_SECONDS = 3600;

/** What requests are answered from. */
export interface TokenRequestParts {
  readonly tokens: AccountTokens;
  readonly store: ObjectStore;
  readonly now: () => string;
}

/** Issues the token that a TokenRequest asks for. */
export function answerTokenRequest(
  parts: TokenRequestParts,
  { account, body }: TokenAsked,
): ApiResult {
  const spec = asObject(asObject(body)?.spec) ?? {};
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  const problems = durationProblems(seconds);
  if (problems.length > 0 || typeof seconds !== 'number')
    return refuse(invalid(RESOURCE, '', problems));
  const bound = findBound(parts.store, account, asObject(spec.boundObjectRef));
  if (bound !== undefined && 'status' in bound) return refuse(bound);
  const given = stringsOf(spec.audiences).filter((one) => one !== '');
  const audiences = given.length === 0 ? [ISSUER] : given;
  const { token, expires } = parts.tokens.issue({ account, audiences, seconds, bound });
  const { name, namespace } = account.metadata;
  const answer: KubeObject = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: parts.now(),
    },
    spec: { ...spec, audiences, expirationSeconds: seconds },
    status: { token, expirationTimestamp: rfc3339(expires) },
  };
  return succeed(answer, [], true);
}

function durationProblems(seconds: unknown): readonly FieldError[] {
  const problem = (detail: string) => [invalidValue('spec.expirationSeconds', seconds, detail)];
  if (typeof seconds !== 'number' || !Number.isInteger(seconds))
    return problem('must be an integer');
  if (seconds < MIN_SECONDS) return problem('may not specify a duration less than 10 minutes');
  if (seconds > MAX_SECONDS) return problem('may not specify a duration larger than 2^32 seconds');
  return [];
}

const PLURALS = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' } as const;

function findBound(
  store: ObjectStore,
  account: KubeObject,
  ref: JsonObject | undefined,
): BoundObject | Status | undefined {
  if (ref === undefined) return undefined;
  const { kind, uid } = ref;
  const name = asString(ref.name) ?? '';
  if (ref.apiVersion !== 'v1' || (kind !== 'Pod' && kind !== 'Secret' && kind !== 'Node')) {
    return badRequest(
      `cannot bind token for serviceaccount "${account.metadata.name}" to object of type ${String(ref.apiVersion ?? '')}, Kind=${String(kind ?? '')}`,
    );
  }
  const plural = PLURALS[kind];
  const namespace = kind === 'Node' ? undefined : account.metadata.namespace;
  const found = store.get<string>(plural, namespace, name);
  if (found === undefined) return notFound({ group: '', plural, kind }, name);
  const record = found.metadata.uid ?? '';
  if (uid !== undefined && uid !== '' && uid !== record) {
    return conflict(
      { group: '', plural, kind },
      name,
      `the UID in the bound object reference (${String(uid)}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (kind !== 'Pod') return { kind, name, uid: record };
  const spec = asObject(found.spec) ?? {};
  if (spec.serviceAccountName !== account.metadata.name) {
    return badRequest(
      `cannot bind token for serviceaccount "${account.metadata.name}" to pod running with different serviceaccount name.`,
    );
  }
  const nodeName = asString(spec.nodeName) ?? '';
  const node = store.get('nodes', undefined, nodeName);
  return {
    kind,
    name,
    uid: record,
    node: node === undefined ? undefined : { name: nodeName, uid: node.metadata.uid ?? '' },
  };
}
