export * from './contract.js';
export * from './fs/virtual-file-system.js';
export { startProgram } from './start.js';
