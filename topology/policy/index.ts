export { createPolicyEngine, type PolicyEngine } from './engine.js';
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
