export * from './addr/index.js';
export * from './base/index.js';
export * from './kernel/errno.js';
export * from './kernel/ops.js';
export * from './kernel/sys.js';
export * from './kernel/trace.js';
export * from './wire/index.js';
