export type { ProcessHost } from './host.js';
export { SIGNAL } from './signal.js';
export { createProcessTable, type HostProcessTable } from './table.js';
