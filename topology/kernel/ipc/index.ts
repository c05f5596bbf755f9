export type { IpcCaller } from './caller.js';
export { MessageQueueCharges, RLIMIT_MSGQUEUE_BYTES } from './charge.js';
export { IPC_SYSCTL_DEFAULTS, type IpcSysctl, isIpcSysctl } from './limits.js';
export { IpcNamespace } from './namespace.js';
export type { SysvObject } from './sysv-objects.js';
export type { MsggetOptions, MsgrcvOptions } from './sysv-queues.js';
export type { QueueView } from './view.js';
