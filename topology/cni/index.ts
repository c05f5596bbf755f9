export { BridgePlugin, type OpSink } from './bridge.js';
export { addResult, bridgeInput, errorResult, NETWORK_NAME, portmapInput } from './config-json.js';
export {
  BRIDGE,
  type NetworkConfig,
  type NetworkMode,
  type NetworkNode,
  nodeOps,
  peerGoneOps,
  peerOps,
  podMtu,
  TUNNEL,
} from './network.js';
export type { CniError, CniPlugin, CniRequest, CniResult, PortMapping } from './plugin.js';
