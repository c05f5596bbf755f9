import { type IpcSysctl, isIpcSysctl } from '../ipc/index.js';
import type { NetNamespace } from '../netns/namespace.js';
import type { SysctlOp } from '../ops.js';
import { saveDevices } from './link-snapshot.js';
import { isFailure, type OpFailure, type Transaction } from './transaction.js';

/**
 * `sysctl -w`. Keys of message queues belong to the IPC namespace of the processes that live in the network
 * namespace; every other key to the network namespace itself.
 *
 * Fidelity: Linux asks for the IPC namespace of whoever writes; an op knows no writer, so that of the first
 * process in the network namespace stands for it, and the host's own where no process lives.
 */
export function applySysctl(transaction: Transaction, op: SysctlOp): OpFailure | undefined {
  const netns = transaction.netns(op.netns);
  if (isFailure(netns)) return netns;
  if (isIpcSysctl(op.key)) return setIpc(transaction, netns, op.key, op.value);
  const { sysctls } = netns;
  const file = `/proc/sys/${op.key.replaceAll('.', '/')}`;
  if (!sysctls.has(op.key)) {
    return {
      errno: 'ENOENT',
      message: `sysctl: cannot stat ${file}: No such file or directory`,
    };
  }
  if (reconfigures(op.key)) saveDevices(transaction, netns);
  const before = sysctls.save();
  if (!sysctls.write(op.key, op.value)) return refused(op.key);
  transaction.undo(() => {
    sysctls.restore(before);
    netns.sysctlsChanged();
  });
  netns.sysctlsChanged();
  return undefined;
}

/** Whether addresses and routes follow a setting: IPv6 switched on or off. */
function reconfigures(key: string): boolean {
  return key.startsWith('net.ipv6.conf.');
}

function setIpc(
  transaction: Transaction,
  netns: NetNamespace,
  key: IpcSysctl,
  value: string,
): OpFailure | undefined {
  const ipc = transaction.host.processes.ipcIn(netns);
  const before = ipc.sysctl(key);
  if (!ipc.writeSysctl(key, value)) return refused(key);
  transaction.undo(() => ipc.writeSysctl(key, String(before)));
  return undefined;
}

function refused(key: string): OpFailure {
  return { errno: 'EINVAL', message: `sysctl: setting key "${key}": Invalid argument` };
}
