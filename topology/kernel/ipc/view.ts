import type { PosixQueue } from './posix-queue.js';
import type { SysvQueue } from './sysv-queues.js';

/** A message queue as it is now, for people. */
export type QueueView =
  | {
      readonly kind: 'posix';
      readonly name: string;
      readonly uid: number;
      readonly mode: number;
      /** False after mq_unlink while someone still has it open. */
      readonly linked: boolean;
      readonly maxMessages: number;
      readonly messageBytes: number;
      readonly currentMessages: number;
      /** Octets in all messages: QSIZE. */
      readonly bytes: number;
      readonly openBy: readonly {
        readonly pid: number;
        readonly comm: string;
        readonly access: string;
      }[];
    }
  | {
      readonly kind: 'sysv';
      readonly id: number;
      readonly key: number;
      readonly uid: number;
      readonly mode: number;
      readonly currentMessages: number;
      readonly bytes: number;
      readonly maxBytes: number;
      readonly lastSendPid: number;
      readonly lastReceivePid: number;
    };

/** A POSIX queue as a view. */
export function viewPosix(queue: PosixQueue): QueueView {
  const { name, uid, mode, linked, maxMessages, messageBytes, depth, bytes, holders } = queue;
  return {
    kind: 'posix',
    name,
    uid,
    mode,
    linked,
    maxMessages,
    messageBytes,
    currentMessages: depth,
    bytes,
    openBy: holders,
  };
}

/** A System V queue as a view. */
export function viewSysv(queue: SysvQueue): QueueView {
  const { id, key, uid, mode, messages, bytes, maxBytes, lastSendPid, lastReceivePid } = queue;
  return {
    kind: 'sysv',
    id,
    key,
    uid,
    mode,
    currentMessages: messages.length,
    bytes,
    maxBytes,
    lastSendPid,
    lastReceivePid,
  };
}
