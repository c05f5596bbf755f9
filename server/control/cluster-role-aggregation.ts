/** ClusterRoles that collect the rules of others (upstream `pkg/controller/clusterroleaggregation`). */

import type { KubeObject, LabelSelector } from '../contract/kube.js';
import { asObject, deepEqual, type JsonObject, objectsOf } from '../kube/json.js';
import { labelSelectorMatcher } from '../kube/label-selector.js';
import type { ObjectStore } from '../store/index.js';
import type { ControlContext, Controller } from './context.js';
import { startController } from './controller.js';

const RESOURCE = 'rbac.authorization.k8s.io/clusterroles';
const COLLECTING = 'collecting';
const BY_LABEL = 'label';
const YES = 'true';

/** Starts the controller that keeps the rules of aggregating ClusterRoles. */
export function startClusterRoleAggregation(context: ControlContext): Controller {
  const { client } = context;
  const { store } = client;
  store.addIndex(RESOURCE, COLLECTING, (role) => (selectorsOf(role).length > 0 ? [YES] : []));
  store.addIndex(RESOURCE, BY_LABEL, ({ metadata }) =>
    Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`),
  );
  const collecting = () =>
    store.byIndex(RESOURCE, COLLECTING, YES).map(({ metadata }) => metadata.name);
  return startController({
    context,
    wakes: { [RESOURCE]: collecting },
    initial: collecting,
    sync(name) {
      const role = store.get(RESOURCE, undefined, name);
      if (role === undefined || selectorsOf(role).length === 0) return 'done';
      const rules = collectedRules(store, role);
      if (deepEqual(rules, objectsOf(role.rules))) return 'done';
      return client.update(RESOURCE, { ...role, rules }).ok ? 'done' : 'retry';
    },
  });
}

/** The rules of all roles that a role selects, in order of their names, each once. */
function collectedRules(store: ObjectStore, role: KubeObject): readonly JsonObject[] {
  const chosen = new Map<string, KubeObject>();
  for (const selector of selectorsOf(role)) {
    const matches = labelSelectorMatcher(selector);
    for (const one of candidates(store, selector)) {
      const { name, labels } = one.metadata;
      if (name !== role.metadata.name && matches(labels)) chosen.set(name, one);
    }
  }
  const inOrder = [...chosen.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules = new Map<string, JsonObject>();
  for (const one of inOrder) {
    for (const rule of objectsOf(one.rules)) rules.set(JSON.stringify(rule), rule);
  }
  return [...rules.values()];
}

/** Roles that may match: those with the selector's first label, or all when it names none. */
function candidates(store: ObjectStore, { matchLabels = {} }: LabelSelector) {
  const [first] = Object.entries(matchLabels);
  if (first === undefined) return store.list(RESOURCE);
  return store.byIndex(RESOURCE, BY_LABEL, `${first[0]}=${first[1]}`);
}

function selectorsOf(role: KubeObject): readonly LabelSelector[] {
  return objectsOf(asObject(role.aggregationRule)?.clusterRoleSelectors) as LabelSelector[];
}
