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

const INT_MAX = 2_147_483_647;

/** Least and greatest value that each takes (ipc/mq_sysctl.c, ipc/ipc_sysctl.c). */
export const IPC_SYSCTL_RANGES: Readonly<Record<IpcSysctl, readonly [number, number]>> = {
  'fs.mqueue.msg_max': [1, 65_536],
  'fs.mqueue.msgsize_max': [128, 16_777_216],
  'fs.mqueue.queues_max': [0, INT_MAX],
  'fs.mqueue.msg_default': [1, 65_536],
  'fs.mqueue.msgsize_default': [128, 16_777_216],
  'kernel.msgmax': [0, INT_MAX],
  'kernel.msgmnb': [0, INT_MAX],
  'kernel.msgmni': [0, 32_768],
};

/** Reads one limit of a namespace. */
export type IpcLimits = (key: IpcSysctl) => number;

/** Whether a sysctl belongs to the IPC namespace of whoever reads it. */
export function isIpcSysctl(key: string): key is IpcSysctl {
  return Object.hasOwn(IPC_SYSCTL_DEFAULTS, key);
}
