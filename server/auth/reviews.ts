/** Answers the kinds that are questions: access reviews and who somebody is (upstream: `pkg/registry/authorization`, `authentication`). */

import type { Attributes, UserInfo } from '../api/access.js';
import type { ResourceInfo } from '../api/registry/resource-info.js';
import { type ApiFailure, type ApiResult, refuse, succeed } from '../api/request.js';
import { badRequest, invalid } from '../api/status.js';
import { type FieldError, invalidValue, required } from '../api/validation/field-error.js';
import type { KubeObject } from '../contract/kube.js';
import { asObject, asString, type JsonObject, stringsOf } from '../kube/json.js';
import { aggregate, type RbacAuthorizer } from './rbac/authorizer.js';
import { ruleJson } from './rbac/policy-rule.js';
import type { AccountTokens } from './token/account-tokens.js';
import { ISSUER } from './token/account-tokens.js';

/** What reviews are answered from. */
export interface ReviewParts {
  readonly authorizer: RbacAuthorizer;
  readonly tokens: AccountTokens;
}

interface Asked {
  readonly info: ResourceInfo;
  readonly draft: JsonObject;
  readonly namespace: string | undefined;
  readonly user: UserInfo;
}

type Answer = (parts: ReviewParts, asked: Asked) => JsonObject | ApiFailure;

const ANSWERS: Readonly<Record<string, Answer>> = {
  'authorization.k8s.io/selfsubjectaccessreviews': reviewOwnAccess,
  'authorization.k8s.io/subjectaccessreviews': reviewAccess,
  'authorization.k8s.io/localsubjectaccessreviews': reviewLocalAccess,
  'authorization.k8s.io/selfsubjectrulesreviews': reviewOwnRules,
  'authentication.k8s.io/selfsubjectreviews': (_parts, { user }) => ({ userInfo: { ...user } }),
  'authentication.k8s.io/tokenreviews': reviewToken,
};

/** The answered question; undefined for kinds that are no questions. */
export function answerReview(parts: ReviewParts, asked: Asked): ApiResult | undefined {
  const answer = ANSWERS[asked.info.storage]?.(parts, asked);
  if (answer === undefined) return undefined;
  if (isFailure(answer)) return answer;
  // Decoding gave the draft its kind and version.
  return succeed({ ...asked.draft, status: answer } as unknown as KubeObject, [], true);
}

function isFailure(answer: JsonObject | ApiFailure): answer is ApiFailure {
  return 'ok' in answer;
}

function reviewOwnAccess(parts: ReviewParts, asked: Asked): JsonObject | ApiFailure {
  const spec = asObject(asked.draft.spec) ?? {};
  const problems = attributeProblems(spec);
  return problems.length > 0 ? refuseSpec(asked, problems) : decide(parts, asked.user, spec);
}

function reviewAccess(parts: ReviewParts, asked: Asked): JsonObject | ApiFailure {
  const spec = asObject(asked.draft.spec) ?? {};
  const problems = [...attributeProblems(spec), ...subjectProblems(spec)];
  return problems.length > 0 ? refuseSpec(asked, problems) : decide(parts, subjectOf(spec), spec);
}

function reviewLocalAccess(parts: ReviewParts, asked: Asked): JsonObject | ApiFailure {
  const spec = asObject(asked.draft.spec) ?? {};
  const inside = asString(asObject(spec.resourceAttributes)?.namespace) ?? '';
  const problems = [...attributeProblems(spec), ...subjectProblems(spec)];
  if (spec.nonResourceAttributes !== undefined) {
    problems.push(
      invalidValue(
        'spec.nonResourceAttributes',
        spec.nonResourceAttributes,
        'disallowed on this kind of request',
      ),
    );
  }
  if (inside !== (asked.namespace ?? '')) {
    problems.push(
      invalidValue('spec.resourceAttributes.namespace', inside, 'must match metadata.namespace'),
    );
  }
  return problems.length > 0 ? refuseSpec(asked, problems) : decide(parts, subjectOf(spec), spec);
}

function refuseSpec({ info, draft }: Asked, problems: readonly FieldError[]): ApiFailure {
  return refuse(invalid(info, asString(asObject(draft.metadata)?.name) ?? '', problems));
}

function attributeProblems(spec: JsonObject): FieldError[] {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if ((resource === undefined) !== (path === undefined)) return [];
  return [
    invalidValue(
      'spec.resourceAttributes',
      resource ?? null,
      resource === undefined
        ? 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
        : 'cannot be specified in combination with nonResourceAttributes',
    ),
  ];
}

function subjectProblems(spec: JsonObject): FieldError[] {
  const named = (asString(spec.user) ?? '') !== '' || stringsOf(spec.groups).length > 0;
  return named ? [] : [required('spec.user', 'at least one of user or group must be specified')];
}

function subjectOf(spec: JsonObject): UserInfo {
  const uid = asString(spec.uid);
  return {
    username: asString(spec.user) ?? '',
    groups: stringsOf(spec.groups),
    ...(uid === undefined ? {} : { uid }),
  };
}

function decide({ authorizer }: ReviewParts, user: UserInfo, spec: JsonObject): JsonObject {
  const { allowed, reason } = authorizer.authorize(user, attributesOf(spec));
  return { allowed, ...(reason === '' ? {} : { reason }) };
}

function attributesOf(spec: JsonObject): Attributes {
  const path = asObject(spec.nonResourceAttributes);
  const given = path ?? asObject(spec.resourceAttributes) ?? {};
  const text = (field: string) => asString(given[field]) ?? '';
  if (path !== undefined) return { kind: 'path', verb: text('verb'), path: text('path') };
  return {
    kind: 'resource',
    verb: text('verb'),
    group: text('group'),
    version: text('version'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
  };
}

function reviewOwnRules(
  { authorizer }: ReviewParts,
  { draft, user }: Asked,
): JsonObject | ApiFailure {
  const namespace = asString(asObject(draft.spec)?.namespace) ?? '';
  if (namespace === '') return refuse(badRequest('no namespace on request'));
  const { rules, errors } = authorizer.rulesFor(user, namespace);
  return {
    resourceRules: rules.filter((rule) => rule.resources.length > 0).map(ruleJson),
    nonResourceRules: rules.filter((rule) => rule.nonResourceURLs.length > 0).map(ruleJson),
    incomplete: errors.length > 0,
    ...(errors.length === 0 ? {} : { evaluationError: aggregate(errors) }),
  };
}

function reviewToken({ tokens }: ReviewParts, { draft }: Asked): JsonObject | ApiFailure {
  const spec = asObject(draft.spec) ?? {};
  const token = asString(spec.token) ?? '';
  if (token === '')
    return refuse(badRequest('token is required for TokenReview in authentication'));
  const wanted = stringsOf(spec.audiences);
  const owner = tokens.check(token, wanted.length === 0 ? [ISSUER] : wanted);
  if (owner === undefined) return { user: {}, error: 'invalid bearer token' };
  return { authenticated: true, user: { ...owner.user }, audiences: owner.audiences };
}
