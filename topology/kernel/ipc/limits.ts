/** Sysctls of an IPC namespace that podnet knows, with their values in a fresh one. */
export const IPC_SYSCTL_DEFAULTS = {
  'fs.mqueue.msg_max': 10,
  'fs.mqueue.msgsize_max': 8192,
  'fs.mqueue.queues_max': 256,
  'fs.mqueue.msg_default': 10,
  'fs.mqueue.msgsize_default': 8192,
  'kernel.msgmax': 8192,
  'kernel.msgmnb': 16384,
  'kernel.msgmni': 32000,
} as const;

/** A key of `IPC_SYSCTL_DEFAULTS`. */
export type IpcSysctl = keyof typeof IPC_SYSCTL_DEFAULTS;

/** Reads one limit of a namespace. */
export type IpcLimits = (key: IpcSysctl) => number;

/** Whether a sysctl belongs to the IPC namespace of whoever reads it. */
export function isIpcSysctl(key: string): key is IpcSysctl {
  return Object.hasOwn(IPC_SYSCTL_DEFAULTS, key);
}
