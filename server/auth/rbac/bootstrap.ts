/** Makes the bootstrap policy at the start, and brings an old one up to date (upstream: `storage_rbac.go`, reconciliation). */

import type { ApiServer } from '../../api/server.js';
import type { KubeObject } from '../../contract/kube.js';
import { objectsOf } from '../../kube/json.js';
import { RBAC } from './authorizer.js';
import {
  BOOTSTRAP_BINDINGS,
  BOOTSTRAP_ROLES,
  type BootstrapRole,
  rulesJson,
  type Subject,
} from './bootstrap-roles.js';
import { missingRules } from './covers.js';
import { rulesOf } from './policy-rule.js';

const API_VERSION = 'rbac.authorization.k8s.io/v1';
const API_GROUP = 'rbac.authorization.k8s.io';
const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/**
 * Makes what is missing. A role that says `autoupdate: "true"` gets back the rules that it lacks; what somebody added
 * stays, and so does a role that says otherwise.
 */
export function ensureBootstrapPolicy(api: ApiServer, newUid: () => string): void {
  for (const role of BOOTSTRAP_ROLES) ensureRole(api, role, newUid);
  for (const [role, subjects] of BOOTSTRAP_BINDINGS) ensureBinding(api, role, subjects, newUid);
}

function ensureRole(api: ApiServer, role: BootstrapRole, newUid: () => string): void {
  const current = api.store.get(RBAC.clusterRoles, undefined, role.name);
  if (current === undefined) {
    api.createTrusted(RBAC.clusterRoles, roleObject(role, newUid()));
    return;
  }
  if (!isAutoupdated(current) || role.collects !== undefined) return;
  const missing = missingRules(rulesOf(current), role.rules);
  if (missing.length === 0) return;
  const rules = [...objectsOf(current.rules), ...rulesJson(missing)];
  api.updateTrusted(RBAC.clusterRoles, { ...current, rules });
}

function ensureBinding(
  api: ApiServer,
  role: string,
  subjects: readonly Subject[],
  newUid: () => string,
): void {
  const current = api.store.get(RBAC.clusterRoleBindings, undefined, role);
  if (current !== undefined) return;
  api.createTrusted(RBAC.clusterRoleBindings, {
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: metadata(role, {}, newUid()),
    roleRef: { apiGroup: API_GROUP, kind: 'ClusterRole', name: role },
    ...(subjects.length === 0 ? {} : { subjects: subjects.map(subjectJson) }),
  });
}

function roleObject(role: BootstrapRole, uid: string): KubeObject {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: metadata(role.name, role.labels ?? {}, uid),
    ...(role.collects === undefined
      ? {}
      : {
          aggregationRule: {
            clusterRoleSelectors: [{ matchLabels: { [role.collects]: 'true' } }],
          },
        }),
    rules: rulesJson(role.rules),
  };
}

function metadata(name: string, labels: Readonly<Record<string, string>>, uid: string) {
  return {
    name,
    uid,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { [AUTOUPDATE]: 'true' },
  };
}

function subjectJson(subject: Subject): object {
  return subject.kind === 'ServiceAccount' ? subject : { apiGroup: API_GROUP, ...subject };
}

function isAutoupdated({ metadata: { annotations } }: KubeObject): boolean {
  return annotations?.[AUTOUPDATE] === 'true';
}
