/** Message queues of a pod: what there is, and a call to one as a program in a container would make it. */
import {
  decodeUtf8,
  type Errno,
  encodeUtf8,
  type IpcNamespace,
  type Sys,
  strerror,
} from '../../topology/index.js';
import type { QueueReport, QueueRequest, QueueRow } from '../contract/inspector.js';
import type { Cluster } from './cluster.js';
import { podProcess } from './pod-process.js';
import { type Reply, refuse, reply } from './reply.js';

const INT_MAX = 0x7fffffff;
const UINT_MAX = 0xffffffff;

/** The queues of an IPC namespace. */
export function queueRows(ipc: IpcNamespace | undefined): QueueRow[] {
  return (ipc?.queues() ?? []).map((queue) =>
    queue.kind === 'posix'
      ? {
          kind: 'posix',
          name: queue.name,
          messages: queue.currentMessages,
          maxMessages: queue.maxMessages,
          bytes: queue.bytes,
          maxBytes: queue.maxMessages * queue.messageBytes,
        }
      : {
          kind: 'sysv',
          name: keyText(queue.key),
          messages: queue.currentMessages,
          maxMessages: undefined,
          bytes: queue.bytes,
          maxBytes: queue.maxBytes,
        },
  );
}

/** A key as `ipcs` writes it. */
export function keyText(key: number): string {
  return `0x${(key >>> 0).toString(16).padStart(8, '0')}`;
}

/**
 * Does one thing to a queue, as a process that lives as long as the call in the namespaces of a container. Calls do not
 * wait: a full or empty queue is told as EAGAIN or ENOMSG.
 */
export function queueIn(cluster: Cluster, request: QueueRequest): Reply<QueueReport> {
  const { action, kind } = request;
  if (kind !== 'posix' && kind !== 'sysv') return refuse('kind must be posix or sysv');
  const make = kind === 'posix' ? posixCall(request) : sysvCall(request);
  if (!make.ok) return make;
  const found = podProcess(cluster, String(request.pod), String(request.container));
  if (!found.ok) return found;
  const { host, process } = found.value;
  const cloned = host.processes.clone({
    comm: 'mq',
    argv: ['mq', String(action), String(request.name)],
    uid: process.uid,
    join: { of: process, kinds: ['net', 'ipc', 'uts', 'pid', 'mnt', 'cgroup'] },
  });
  if (!cloned.ok) return refuse(`clone: ${strerror(cloned.error)}`);
  try {
    const outcome = make.value.run(cloned.value.sys);
    const { call } = make.value;
    if ('errno' in outcome) {
      return reply({
        call,
        errno: outcome.errno,
        summary: `${outcome.errno} (${strerror(outcome.errno)})${hint(request, outcome.errno)}`,
      });
    }
    return reply({
      call,
      summary: outcome.said,
      ...(outcome.text === undefined ? {} : { text: outcome.text }),
    });
  } finally {
    cloned.value.sys.exit(0);
  }
}

type Outcome = { readonly errno: Errno } | { readonly said: string; readonly text?: string };

interface QueueCall {
  readonly call: string;
  run(sys: Sys): Outcome;
}

function posixCall({ action, name, text = '', priority = 0 }: QueueRequest): Reply<QueueCall> {
  const quoted = JSON.stringify(String(name));
  const octets = encodeUtf8(String(text));
  const open = (sys: Sys, access: 'read' | 'write' | 'read-write', create: boolean) =>
    sys.mqOpen(String(name), { access, create, exclusive: create, mode: 0o666, nonBlocking: true });
  switch (action) {
    case 'create':
      return reply({
        call: `mq_open(${quoted}, O_CREAT | O_EXCL | O_RDWR)`,
        run: (sys) => {
          const opened = open(sys, 'read-write', true);
          if (!opened.ok) return { errno: opened.error };
          const { maxMessages, messageBytes } = opened.value.attributes();
          opened.value.close();
          return { said: `made: room for ${maxMessages} messages of up to ${messageBytes} octets` };
        },
      });
    case 'send':
      return reply({
        call: `mq_send(${quoted}, ${octets.length} octets, priority ${priority})`,
        run: (sys) => {
          const opened = open(sys, 'write', false);
          if (!opened.ok) return { errno: opened.error };
          const errno = opened.value.send(octets, priority);
          const { currentMessages, maxMessages } = opened.value.attributes();
          opened.value.close();
          return errno === undefined
            ? { said: `sent: ${currentMessages} of ${maxMessages} messages wait` }
            : { errno };
        },
      });
    case 'receive':
      return reply({
        call: `mq_receive(${quoted})`,
        run: (sys) => {
          const opened = open(sys, 'read', false);
          if (!opened.ok) return { errno: opened.error };
          const got = opened.value.receive(opened.value.attributes().messageBytes);
          const { currentMessages } = opened.value.attributes();
          opened.value.close();
          if (!got.ok) return { errno: got.error };
          return {
            said: `received with priority ${got.value.priority}: ${currentMessages} left`,
            text: decodeUtf8(got.value.octets),
          };
        },
      });
    case 'remove':
      return reply({
        call: `mq_unlink(${quoted})`,
        run: (sys) => {
          const errno = sys.mqUnlink(String(name));
          return errno === undefined ? { said: 'removed' } : { errno };
        },
      });
    default:
      return refuse(`action must be create, send, receive or remove, not '${String(action)}'`);
  }
}

function sysvCall({ action, name, text = '', priority }: QueueRequest): Reply<QueueCall> {
  const key = Number(String(name).trim() || Number.NaN);
  if (!Number.isInteger(key) || key < 1 || key > UINT_MAX) {
    return refuse(`a key is a number from 1 to 0xffffffff, such as 0x1234, not '${String(name)}'`);
  }
  const type = priority ?? (action === 'receive' ? 0 : 1);
  if (!Number.isInteger(type) || type > INT_MAX || type < -INT_MAX) {
    return refuse(`the type must be a whole number, not ${String(priority)}`);
  }
  const octets = encodeUtf8(String(text));
  const shown = keyText(key);
  const call = (words: string, run: (sys: Sys, id: number) => Outcome): Reply<QueueCall> =>
    reply({
      call: words,
      run: (sys) => {
        const id = sys.msgget(
          key,
          action === 'create' ? { create: true, exclusive: true, mode: 0o666 } : {},
        );
        return id.ok ? run(sys, id.value) : { errno: id.error };
      },
    });
  switch (action) {
    case 'create':
      return call(`msgget(${shown}, IPC_CREAT | IPC_EXCL)`, (_sys, id) => ({
        said: `made, with id ${id}`,
      }));
    case 'send':
      return call(
        `msgsnd(${shown}, ${octets.length} octets, type ${type}, IPC_NOWAIT)`,
        (sys, id) => {
          const errno = sys.msgsnd(id, { type, octets }, { nonBlocking: true });
          return errno === undefined ? { said: 'sent' } : { errno };
        },
      );
    case 'receive':
      return call(`msgrcv(${shown}, type ${type}, IPC_NOWAIT)`, (sys, id) => {
        const got = sys.msgrcv(id, { type, maxBytes: INT_MAX });
        if (!got.ok) return { errno: got.error };
        return { said: `received with type ${got.value.type}`, text: decodeUtf8(got.value.octets) };
      });
    case 'remove':
      return call(`msgctl(${shown}, IPC_RMID)`, (sys, id) => {
        const errno = sys.msgctlRemove(id);
        return errno === undefined ? { said: 'removed' } : { errno };
      });
    default:
      return refuse(`action must be create, send, receive or remove, not '${String(action)}'`);
  }
}

/** What an errno means for the person who asked. */
function hint({ action, kind }: QueueRequest, errno: Errno): string {
  switch (errno) {
    case 'ENOENT':
      return ': no queue of this pod has that name; those of other pods are in other IPC namespaces';
    case 'EAGAIN':
      return action === 'receive'
        ? ': the queue is empty; a program without O_NONBLOCK would wait here'
        : ': the queue is full; a program without O_NONBLOCK would wait here';
    case 'ENOMSG':
      return ': no message of that type is in the queue';
    case 'EMSGSIZE':
      return ': the message is longer than the queue allows';
    case 'EEXIST':
      return ': there is one already';
    case 'EINVAL':
      return kind === 'posix'
        ? ': a name begins with / and has no other; a priority is 0 to 32767'
        : ': a type is 1 or more, and a message at most kernel.msgmax octets';
    default:
      return '';
  }
}
