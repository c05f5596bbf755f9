export {
  createPolicyEngine,
  type PodIsolation,
  type PolicyEngine,
  type PolicyView,
} from './engine.js';
export type {
  LabelSelector,
  Labels,
  NamedPort,
  PolicyPeer,
  PolicyPod,
  PolicyPort,
  PolicyRecord,
  PolicySpec,
} from './record.js';
