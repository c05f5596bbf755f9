/**
 * Nobody may give what they do not have: writing a role needs its rules or the verb `escalate`, writing a binding needs
 * the role's rules or the verb `bind` (upstream: `pkg/registry/rbac/*\/policybased`).
 */

import type { AdmittedWrite, UserInfo } from '../../api/access.js';
import { type ApiFailure, refuse } from '../../api/request.js';
import { forbidden, notFound } from '../../api/status.js';
import { asObject, asString, deepEqual, type JsonObject, objectsOf } from '../../kube/json.js';
import { aggregate, isSuperuser, RBAC, type RbacAuthorizer, roleRefOf } from './authorizer.js';
import { compactRules, describeRule, missingRules, quoteList } from './covers.js';
import { type PolicyRule, policyRule, rulesOf } from './policy-rule.js';

const GROUP = 'rbac.authorization.k8s.io';

/** Refuses a write of RBAC objects that would give more than the writer has; undefined for everything else. */
export function refuseEscalation(
  authorizer: RbacAuthorizer,
  write: AdmittedWrite,
): ApiFailure | undefined {
  switch (write.info.storage) {
    case RBAC.roles:
    case RBAC.clusterRoles:
      return refuseRole(authorizer, write);
    case RBAC.roleBindings:
    case RBAC.clusterRoleBindings:
      return refuseBinding(authorizer, write);
    default:
      return undefined;
  }
}

function refuseRole(authorizer: RbacAuthorizer, write: AdmittedWrite): ApiFailure | undefined {
  const { info, draft, user } = write;
  if (onlyMetadataChanges(write) || isSuperuser(user)) return undefined;
  const name = nameOf(draft);
  if (may(authorizer, user, { verb: 'escalate', resource: info.plural, write, name }))
    return undefined;
  if (info.storage === RBAC.clusterRoles && asObject(draft.aggregationRule) !== undefined) {
    const everything = missingRules(authorizer.rulesFor(user, '').rules, [EVERYTHING, EVERY_PATH]);
    if (everything.length > 0) {
      return refuse(
        forbidden(info, name, 'must have cluster-admin privileges to use the aggregationRule'),
      );
    }
  }
  return confirm(authorizer, write, objectsOf(draft.rules).map(policyRule));
}

const NOTHING = { apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: [] };
const EVERYTHING: PolicyRule = { ...NOTHING, verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
const EVERY_PATH: PolicyRule = { ...NOTHING, verbs: ['*'], nonResourceURLs: ['*'] };

function refuseBinding(authorizer: RbacAuthorizer, write: AdmittedWrite): ApiFailure | undefined {
  const { draft, user } = write;
  if (onlyMetadataChanges(write) || isSuperuser(user)) return undefined;
  const ref = roleRefOf(draft);
  const resource = ref.kind === 'Role' ? 'roles' : 'clusterroles';
  if (may(authorizer, user, { verb: 'bind', resource, write, name: ref.name })) return undefined;
  const role = authorizer.roleOf(ref, namespaceOf(draft) || undefined);
  if (role === undefined) {
    return refuse(notFound({ group: GROUP, plural: resource, kind: ref.kind }, ref.name));
  }
  return confirm(authorizer, write, rulesOf(role));
}

interface Exemption {
  readonly verb: 'escalate' | 'bind';
  readonly resource: string;
  readonly write: AdmittedWrite;
  readonly name: string;
}

function may(authorizer: RbacAuthorizer, user: UserInfo, exemption: Exemption): boolean {
  const { verb, resource, write, name } = exemption;
  const namespace = namespaceOf(write.draft);
  return authorizer.authorize(user, {
    kind: 'resource',
    verb,
    group: GROUP,
    version: '*',
    resource,
    subresource: '',
    namespace,
    name,
  }).allowed;
}

function confirm(
  authorizer: RbacAuthorizer,
  { info, draft, user }: AdmittedWrite,
  wanted: readonly PolicyRule[],
): ApiFailure | undefined {
  const { rules, errors } = authorizer.rulesFor(user, namespaceOf(draft));
  const missing = missingRules(rules, wanted);
  if (missing.length === 0) return undefined;
  const lines = [...new Set(compactRules(missing).map(describeRule))].sort();
  const unresolved = errors.length === 0 ? '' : `; resolution errors: [${aggregate(errors)}]`;
  return refuse(
    forbidden(
      info,
      nameOf(draft),
      `user "${user.username}" (groups=${quoteList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${unresolved}`,
    ),
  );
}

function onlyMetadataChanges({ draft, current }: AdmittedWrite): boolean {
  if (current === undefined) return false;
  return ['rules', 'aggregationRule', 'roleRef', 'subjects'].every((field) =>
    deepEqual(draft[field], current[field]),
  );
}

function nameOf(draft: JsonObject): string {
  return asString(asObject(draft.metadata)?.name) ?? '';
}

function namespaceOf(draft: JsonObject): string {
  return asString(asObject(draft.metadata)?.namespace) ?? '';
}
