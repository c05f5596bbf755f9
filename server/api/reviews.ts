/**
 * Kinds that are questions: they are answered and not stored.
 *
 * Fidelity: everybody may do everything.
 */

import type { KubeObject } from '../contract/kube.js';
import type { JsonObject } from '../kube/json.js';
import type { ResourceInfo } from './registry/resource-info.js';

const ALLOWED = { allowed: true, reason: 'podnet allows everything' };
const EVERYTHING = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
};

const ANSWERS: Readonly<Record<string, object>> = {
  'authorization.k8s.io/selfsubjectaccessreviews': ALLOWED,
  'authorization.k8s.io/subjectaccessreviews': ALLOWED,
  'authorization.k8s.io/localsubjectaccessreviews': ALLOWED,
  'authorization.k8s.io/selfsubjectrulesreviews': EVERYTHING,
  'authentication.k8s.io/selfsubjectreviews': {
    userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
  },
  'authentication.k8s.io/tokenreviews': { authenticated: false },
};

/** The answered question; undefined for kinds that are no questions. */
export function answerReview(info: ResourceInfo, draft: JsonObject): KubeObject | undefined {
  const status = ANSWERS[info.storage];
  return status === undefined ? undefined : ({ ...draft, status } as unknown as KubeObject);
}
