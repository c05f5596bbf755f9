export { Cable, type CableProperties } from './cable.js';
export {
  Fabric,
  type FabricLink,
  type FabricNode,
  type Machine,
  type MachineKind,
} from './fabric.js';
export { parseTopology } from './parse-topology.js';
export { cabledTo } from './reach.js';
export type { SpecProblem } from './reader.js';
export type {
  LinkEnd,
  LinkSpecification,
  NetworkSpec,
  NodeSpec,
  OutsideSpec,
  RouterSpec,
  TopologySpec,
} from './spec.js';
