import { fail, ok, type Result } from '../../base/index.js';
import type { Errno } from '../errno.js';
import { type IpcCaller, mayAccess } from './caller.js';
import { SysvIds } from './ids.js';
import type { IpcLimits } from './limits.js';

/** IPC_PRIVATE: a key that always makes a new queue. */
const IPC_PRIVATE = 0;
const READ = 4;
const WRITE = 2;

interface Message {
  readonly type: number;
  readonly octets: Uint8Array;
}

/** A System V message queue as `ipcs -q` and `ipcs -q -i ID` show it; times are simulated nanoseconds. */
export interface SysvQueue {
  readonly id: number;
  readonly key: number;
  readonly uid: number;
  readonly mode: number;
  readonly messages: readonly Message[];
  readonly bytes: number;
  readonly maxBytes: number;
  /** Pids of the last msgsnd and msgrcv. */
  readonly lastSendPid: number;
  readonly lastReceivePid: number;
  readonly lastSendNs: number | undefined;
  readonly lastReceiveNs: number | undefined;
  readonly changedNs: number;
}

type State = { -readonly [Key in keyof SysvQueue]: SysvQueue[Key] } & { messages: Message[] };

interface Watch {
  readonly pid: number;
  readonly run: () => void;
}

/** What the queues need of the namespace around them. */
export interface SysvSurroundings {
  readonly limits: IpcLimits;
  nowNs(): number;
}

/** Arguments of msgget(2). */
export interface MsggetOptions {
  readonly create?: boolean;
  readonly exclusive?: boolean;
  readonly mode?: number;
}

/** Arguments of msgrcv(2). */
export interface MsgrcvOptions {
  readonly type: number;
  /** Room for the message's octets. */
  readonly maxBytes: number;
  /** MSG_NOERROR: a longer message is cut. */
  readonly noError?: boolean;
  /** MSG_EXCEPT: the first message of any other type than `type`. */
  readonly except?: boolean;
}

/** The System V message queues of one IPC namespace, sysvipc(7). */
export class SysvQueues {
  private readonly queues = new Map<number, State>();
  private readonly byKey = new Map<number, State>();
  private readonly ids = new SysvIds();
  private readonly watches = new Map<number, Set<Watch>>();
  private readonly around: SysvSurroundings;

  constructor(around: SysvSurroundings) {
    this.around = around;
  }

  /** Every queue, in order of creation. */
  get all(): Iterable<SysvQueue> {
    return this.queues.values();
  }

  /** msgget(2). Fails with ENOENT, EEXIST, EACCES; ENOSPC beyond `kernel.msgmni`. */
  get(caller: IpcCaller, key: number, options: MsggetOptions): Result<number, Errno> {
    const existing = key === IPC_PRIVATE ? undefined : this.byKey.get(key);
    if (existing !== undefined) {
      if (options.create === true && options.exclusive === true) return fail('EEXIST');
      // Any of the three digits asks for the bit (ipcperms).
      const mode = options.mode ?? 0;
      const wanted = ((mode >>> 6) | (mode >>> 3) | mode) & 7 & (READ | WRITE);
      return mayAccess(caller, existing, wanted) ? ok(existing.id) : fail('EACCES');
    }
    if (key !== IPC_PRIVATE && options.create !== true) return fail('ENOENT');
    if (this.queues.size >= this.around.limits('kernel.msgmni')) return fail('ENOSPC');
    const queue: State = {
      id: this.ids.allocate(),
      key,
      uid: caller.uid,
      mode: (options.mode ?? 0o600) & 0o777,
      messages: [],
      bytes: 0,
      maxBytes: this.around.limits('kernel.msgmnb'),
      lastSendPid: 0,
      lastReceivePid: 0,
      lastSendNs: undefined,
      lastReceiveNs: undefined,
      changedNs: this.around.nowNs(),
    };
    this.queues.set(queue.id, queue);
    if (key !== IPC_PRIVATE) this.byKey.set(key, queue);
    return ok(queue.id);
  }

  /** msgsnd(2). Fails with EINVAL (type, size above `kernel.msgmax`, id), EIDRM, EACCES; EAGAIN when full. */
  send(caller: IpcCaller, id: number, message: Message): Errno | undefined {
    const found = this.find(caller, id);
    if (!found.ok) return found.error;
    const queue = found.value;
    if (message.type < 1 || message.octets.length > this.around.limits('kernel.msgmax')) {
      return 'EINVAL';
    }
    if (!mayAccess(caller, queue, WRITE)) return 'EACCES';
    const fits = queue.bytes + message.octets.length <= queue.maxBytes;
    if (!fits || queue.messages.length + 1 > queue.maxBytes) return 'EAGAIN';
    queue.messages.push({ type: message.type, octets: message.octets.slice() });
    queue.bytes += message.octets.length;
    queue.lastSendPid = caller.pid;
    queue.lastSendNs = this.around.nowNs();
    this.wake(id);
    return undefined;
  }

  /** msgrcv(2). Fails with EINVAL, EIDRM, EACCES; E2BIG (the message stays); ENOMSG when none fits the type. */
  receive(caller: IpcCaller, id: number, options: MsgrcvOptions): Result<Message, Errno> {
    const found = this.find(caller, id);
    if (!found.ok) return found;
    const queue = found.value;
    if (options.maxBytes < 0) return fail('EINVAL');
    if (!mayAccess(caller, queue, READ)) return fail('EACCES');
    const index = chooseMessage(queue.messages, options);
    const message = queue.messages[index];
    if (message === undefined) return fail('ENOMSG');
    if (message.octets.length > options.maxBytes && options.noError !== true) return fail('E2BIG');
    queue.messages.splice(index, 1);
    queue.bytes -= message.octets.length;
    queue.lastReceivePid = caller.pid;
    queue.lastReceiveNs = this.around.nowNs();
    this.wake(id);
    return ok({ type: message.type, octets: message.octets.subarray(0, options.maxBytes) });
  }

  /** msgctl(2) with IPC_RMID. Fails with EINVAL; EPERM for another's queue. */
  remove(caller: IpcCaller, id: number): Errno | undefined {
    const found = this.find(caller, id);
    if (!found.ok) return found.error;
    if (caller.uid !== 0 && caller.uid !== found.value.uid) return 'EPERM';
    this.queues.delete(id);
    this.ids.free(id);
    if (this.byKey.get(found.value.key) === found.value) this.byKey.delete(found.value.key);
    this.wake(id);
    return undefined;
  }

  /** Calls `run` whenever send or receive may give another answer. While it watches, a removed queue gives EIDRM. */
  watch(caller: IpcCaller, id: number, run: () => void): () => void {
    const watch = { pid: caller.pid, run };
    const watches = this.watches.get(id) ?? new Set();
    watches.add(watch);
    this.watches.set(id, watches);
    return () => {
      watches.delete(watch);
      if (watches.size === 0 && this.watches.get(id) === watches) this.watches.delete(id);
    };
  }

  /** Stops every watch of a process; its queues stay. */
  closeAllOf(pid: number): void {
    for (const [id, watches] of this.watches) {
      for (const watch of watches) {
        if (watch.pid === pid) watches.delete(watch);
      }
      if (watches.size === 0) this.watches.delete(id);
    }
  }

  /** Destroys everything: the namespace is gone. */
  clear(): void {
    this.queues.clear();
    this.byKey.clear();
    this.watches.clear();
  }

  private find(caller: IpcCaller, id: number): Result<State, Errno> {
    const queue = this.queues.get(id);
    if (queue !== undefined) return ok(queue);
    for (const watch of this.watches.get(id) ?? []) {
      if (watch.pid === caller.pid) return fail('EIDRM');
    }
    return fail('EINVAL');
  }

  private wake(id: number): void {
    for (const watch of [...(this.watches.get(id) ?? [])]) watch.run();
  }
}

/** Index of the message that msgrcv(2) takes for a type: 0 the first, above 0 the first of that type, below 0 the first of the lowest type up to its amount. */
function chooseMessage(
  messages: readonly Message[],
  { type, except }: Pick<MsgrcvOptions, 'type' | 'except'>,
): number {
  if (type === 0) return 0;
  if (type > 0) {
    return messages.findIndex((message) => (message.type === type) !== (except === true));
  }
  let best = -1;
  let bestType = -type + 1;
  messages.forEach((message, index) => {
    if (message.type >= bestType) return;
    best = index;
    bestType = message.type;
  });
  return best;
}
