/**
 * Kubernetes objects as podnet reads and writes them: the JSON of the API (v1.33), not client classes.
 * Only fields that podnet acts on are typed; others are kept as they came. Objects are frozen.
 */
export type * from './kube/core.js';
export type * from './kube/meta.js';
export type * from './kube/placement.js';
export type * from './kube/pod.js';
export type * from './kube/podnet.js';
export type * from './kube/status.js';
export type * from './kube/workload.js';
