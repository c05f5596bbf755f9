/** Message queues and shared memory of an IPC namespace, for the pod inspector. */
import type { IpcNamespace, QueueView } from '../../topology/index.js';
import type { DetailSection } from '../contract/live.js';
import { keyText } from './pod-queues.js';

/** Queues and segments, with the inode that says who sees them. */
export function queueSections(ipc: IpcNamespace): DetailSection[] {
  return [
    {
      kind: 'table',
      title: 'Message queues',
      columns: ['kind', 'name', 'messages', 'octets', 'limit', 'who'],
      rows: ipc.queues().map(queueRow),
      note: `IPC namespace ${ipc.inode}: every container of this pod sees these queues; a pod with another inode sees nothing.`,
    },
    {
      kind: 'table',
      title: 'Shared memory',
      columns: ['key', 'id', 'octets', 'owner', 'mode'],
      rows: Array.from(ipc.segments.all, ({ key, id, size, uid, mode }) => [
        keyText(key),
        String(id),
        String(size),
        `uid ${uid}`,
        mode.toString(8),
      ]),
    },
  ];
}

function queueRow(queue: QueueView): string[] {
  if (queue.kind === 'sysv') {
    const { bytes, currentMessages, id, key, lastReceivePid, lastSendPid, maxBytes } = queue;
    return [
      'System V',
      `${keyText(key)} (id ${id})`,
      String(currentMessages),
      String(bytes),
      `${maxBytes} octets`,
      `sent by ${lastSendPid || '-'}, received by ${lastReceivePid || '-'}`,
    ];
  }
  const { bytes, currentMessages, linked, maxMessages, messageBytes, name, openBy } = queue;
  return [
    'POSIX',
    linked ? name : `${name} (unlinked)`,
    `${currentMessages} of ${maxMessages}${currentMessages >= maxMessages ? ' ▲ full' : ''}`,
    String(bytes),
    `${messageBytes} octets each`,
    openBy.map(({ access, comm, pid }) => `${comm} ${pid} (${access})`).join(', ') ||
      'nobody has it open',
  ];
}
