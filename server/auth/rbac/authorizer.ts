/**
 * Decides by Roles, ClusterRoles and their bindings (upstream: `plugin/pkg/auth/authorizer/rbac`). Bindings are found by
 * their subjects, through indexes of the store; what a user holds in a namespace is kept until something of RBAC changes.
 */

import type { Attributes, Decision, UserInfo } from '../../api/access.js';
import type { KubeObject } from '../../contract/kube.js';
import { asObject, asString, type JsonObject, objectsOf } from '../../kube/json.js';
import type { ObjectStore } from '../../store/store.js';
import { type PolicyRule, ruleAllows, rulesOf } from './policy-rule.js';

/** Names of the four resources, as the store keeps them. */
export const RBAC = {
  roles: 'rbac.authorization.k8s.io/roles',
  clusterRoles: 'rbac.authorization.k8s.io/clusterroles',
  roleBindings: 'rbac.authorization.k8s.io/rolebindings',
  clusterRoleBindings: 'rbac.authorization.k8s.io/clusterrolebindings',
} as const;

const SUPERUSERS = 'system:masters';
const SUBJECT_INDEX = 'subject';
/** How many users' rules are kept; more begin anew. */
const MAX_KEPT = 1000;

/** Some rules and where they come from. */
interface Grant {
  /** `ClusterRoleBinding "x" of ClusterRole "y" to User "alice"`. */
  readonly source: string;
  readonly rules: readonly PolicyRule[];
}

/** What a user holds in one namespace. */
interface Held {
  readonly grants: readonly Grant[];
  /** Roles that bindings name and that are not there. */
  readonly errors: readonly string[];
}

/** The rules that a user has. */
export interface HeldRules {
  readonly rules: readonly PolicyRule[];
  readonly errors: readonly string[];
}

/** What a binding refers to. */
export interface RoleRef {
  readonly kind: string;
  readonly name: string;
}

/** Decides by the RBAC objects of one cluster. */
export class RbacAuthorizer {
  private readonly store: ObjectStore;
  private readonly held = new Map<string, Held>();

  constructor(store: ObjectStore) {
    this.store = store;
    for (const resource of [RBAC.roleBindings, RBAC.clusterRoleBindings]) {
      store.addIndex(resource, SUBJECT_INDEX, subjectKeys);
    }
    for (const resource of Object.values(RBAC)) store.watch(resource, () => this.held.clear());
  }

  /** Whether a user may do something. Members of `system:masters` may do everything. */
  authorize(user: UserInfo, asked: Attributes): Decision {
    if (isSuperuser(user)) return { allowed: true, reason: '' };
    const { grants, errors } = this.find(user, asked.kind === 'resource' ? asked.namespace : '');
    for (const { source, rules } of grants) {
      if (rules.some((rule) => ruleAllows(rule, asked))) {
        return { allowed: true, reason: `RBAC: allowed by ${source}` };
      }
    }
    return { allowed: false, reason: errors.length === 0 ? '' : `RBAC: ${aggregate(errors)}` };
  }

  /** Every rule that a user has in a namespace; an empty namespace means cluster-wide ones alone. */
  rulesFor(user: UserInfo, namespace: string): HeldRules {
    const { grants, errors } = this.find(user, namespace);
    return { rules: grants.flatMap(({ rules }) => rules), errors };
  }

  /** The role that a binding of a namespace refers to; undefined when it is not there. */
  roleOf({ kind, name }: RoleRef, namespace: string | undefined): KubeObject | undefined {
    return kind === 'Role'
      ? this.store.get(RBAC.roles, namespace, name)
      : this.store.get(RBAC.clusterRoles, undefined, name);
  }

  private find(user: UserInfo, namespace: string): Held {
    const key = JSON.stringify([user.username, user.groups, namespace]);
    const known = this.held.get(key);
    if (known !== undefined) return known;
    if (this.held.size >= MAX_KEPT) this.held.clear();
    const found = this.collect(user, namespace);
    this.held.set(key, found);
    return found;
  }

  private collect(user: UserInfo, namespace: string): Held {
    const subjects = [`User ${user.username}`, ...user.groups.map((group) => `Group ${group}`)];
    const grants: Grant[] = [];
    const errors: string[] = [];
    const take = (bindings: readonly KubeObject[], subject: string) => {
      for (const binding of bindings) {
        const ref = roleRefOf(binding);
        const role = this.roleOf(ref, binding.metadata.namespace);
        if (role === undefined) errors.push(missingRole(ref));
        else grants.push({ source: describe(binding, ref, subject), rules: rulesOf(role) });
      }
    };
    for (const subject of subjects) {
      take(this.store.byIndex(RBAC.clusterRoleBindings, SUBJECT_INDEX, subject), subject);
    }
    if (namespace !== '') {
      for (const subject of subjects) {
        const key = `${namespace} ${subject}`;
        take(this.store.byIndex(RBAC.roleBindings, SUBJECT_INDEX, key), subject);
      }
    }
    return { grants, errors: [...new Set(errors)] };
  }
}

/** Whether a user is allowed everything, whatever the roles say. */
export function isSuperuser({ groups }: UserInfo): boolean {
  return groups.includes(SUPERUSERS);
}

/** The roleRef of a binding. */
export function roleRefOf(binding: KubeObject | JsonObject): RoleRef {
  const ref = asObject(binding.roleRef) ?? {};
  return { kind: asString(ref.kind) ?? '', name: asString(ref.name) ?? '' };
}

/** Upstream's words for a role that is not there. */
function missingRole({ kind, name }: RoleRef): string {
  return `${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`;
}

/** Errors as Go prints an aggregate. */
export function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? errors.join('') : `[${errors.join(', ')}]`;
}

/** The keys of a binding: each subject, a ServiceAccount as the user that it is; behind the namespace for RoleBindings. */
function subjectKeys(binding: KubeObject): readonly string[] {
  const { namespace } = binding.metadata;
  const prefix = namespace === undefined ? '' : `${namespace} `;
  return objectsOf(binding.subjects).flatMap((subject) => {
    const key = subjectKey(subject, namespace);
    return key === undefined ? [] : [`${prefix}${key}`];
  });
}

function subjectKey(subject: JsonObject, namespace: string | undefined): string | undefined {
  const name = asString(subject.name) ?? '';
  if (subject.kind === 'User' || subject.kind === 'Group') return `${subject.kind} ${name}`;
  const home = asString(subject.namespace) || namespace;
  if (subject.kind !== 'ServiceAccount' || home === undefined) return undefined;
  return `User system:serviceaccount:${home}:${name}`;
}

function describe(binding: KubeObject, { kind, name }: RoleRef, key: string): string {
  const { namespace, name: own } = binding.metadata;
  const subject = objectsOf(binding.subjects).find((one) => subjectKey(one, namespace) === key);
  const home = asString(subject?.namespace) || (namespace ?? '');
  const called = subject?.kind === 'ServiceAccount' ? `${subject.name}/${home}` : subject?.name;
  const title =
    namespace === undefined ? `ClusterRoleBinding "${own}"` : `RoleBinding "${own}/${namespace}"`;
  return `${title} of ${kind} "${name}" to ${subject?.kind} "${called}"`;
}
