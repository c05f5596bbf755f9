export { DEFAULT_CAPABILITIES } from './capabilities.js';
export * from './contract.js';
export { wellKnown } from './dns/coredns.js';
export * from './fs/virtual-file-system.js';
export { startProgram } from './start.js';
export { registerTool } from './tool/registry.js';
export { frameFilter, frameTeller } from './tool/tcpdump/teller.js';
export type { Tool, ToolIo } from './tool/tool.js';
