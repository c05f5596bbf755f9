/** Message queues and shared memory of an IPC namespace, for the pod inspector. */
import type { IpcNamespace, QueueView } from '../../topology/index.js';
import type { DetailSection } from '../contract/live.js';
import type { Cluster } from './cluster.js';
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

/** Pods of the same node whose namespaces are listed. */
const NEIGHBOURS = 6;

/** What other pods of the node see: their own IPC namespace, and nothing of this one. */
export function neighbourQueues(
  { fabric, kubelets }: Cluster,
  node: string,
  own: IpcNamespace,
): DetailSection[] {
  const kubelet = kubelets.get(node);
  const host = fabric.nodes.get(node)?.host;
  if (kubelet === undefined || host === undefined) return [];
  const rows: string[][] = [];
  for (const uid of kubelet.podUids()) {
    const view = kubelet.podRuntimeView(uid);
    const ipc = host.processes.ipcOf(view?.sandbox?.pausePid ?? 0);
    if (view === undefined || ipc === undefined) continue;
    const queues = ipc
      .queues()
      .map((queue) => (queue.kind === 'posix' ? queue.name : keyText(queue.key)));
    const same = ipc.inode === own.inode;
    rows.push([
      `${view.namespace}/${view.name}`,
      String(ipc.inode),
      queues.join(', ') || 'no queue',
      same ? 'the same ones' : 'none of these',
    ]);
    if (rows.length === NEIGHBOURS) break;
  }
  return [
    {
      kind: 'table',
      title: 'What pods of this node see',
      columns: ['pod', 'inode', 'lists', 'of this pod’s queues'],
      rows,
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
