export type { ProcessHost } from './host.js';
export { createProcessTable, type HostProcessTable } from './table.js';
