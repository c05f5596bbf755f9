import { fail, ok, type Result } from '../../base/index.js';
import type { Errno } from '../errno.js';
import type { MessageQueueDescriptor, MqOpenOptions } from '../sys.js';
import type { IpcCaller } from './caller.js';

/** One more than the highest priority (MQ_PRIO_MAX). */
const PRIORITY_LIMIT = 32768;

interface Message {
  readonly octets: Uint8Array;
  readonly priority: number;
}

/** What mq_getattr(3) tells of a queue. */
export interface QueueAttributes {
  /** O_NONBLOCK: of the descriptor that was asked. */
  readonly nonBlocking: boolean;
  readonly maxMessages: number;
  readonly messageBytes: number;
  readonly currentMessages: number;
}

/** Attributes and owner of a queue to be made. */
export interface PosixQueueSpec {
  readonly name: string;
  readonly uid: number;
  readonly mode: number;
  readonly maxMessages: number;
  readonly messageBytes: number;
}

/** A POSIX message queue, mq_overview(7): it lives while it has a name or someone has it open. */
export class PosixQueue {
  readonly name: string;
  readonly uid: number;
  readonly mode: number;
  readonly maxMessages: number;
  readonly messageBytes: number;
  /** False once mq_unlink took its name. */
  linked = true;
  private readonly messages: Message[] = [];
  private readonly open = new Set<Descriptor>();
  private readonly onUnused: (queue: PosixQueue) => void;
  private waits = 0;
  private notification: { readonly by: Descriptor; readonly run: () => void } | undefined;

  constructor(spec: PosixQueueSpec, onUnused: (queue: PosixQueue) => void) {
    this.name = spec.name;
    this.uid = spec.uid;
    this.mode = spec.mode;
    this.maxMessages = spec.maxMessages;
    this.messageBytes = spec.messageBytes;
    this.onUnused = onUnused;
  }

  /** Messages in the queue. */
  get depth(): number {
    return this.messages.length;
  }

  /** Octets in the queue: QSIZE of `/dev/mqueue`. */
  get bytes(): number {
    return this.messages.reduce((sum, message) => sum + message.octets.length, 0);
  }

  /** Who has it open. */
  get holders(): readonly {
    readonly pid: number;
    readonly comm: string;
    readonly access: string;
  }[] {
    return [...this.open].map(({ caller, access }) => ({
      pid: caller.pid,
      comm: caller.comm,
      access,
    }));
  }

  /** A descriptor for a caller whose permission was checked. */
  descriptor(
    caller: IpcCaller,
    options: Pick<MqOpenOptions, 'access' | 'nonBlocking'>,
  ): MessageQueueDescriptor {
    const descriptor = new Descriptor(this, caller, options);
    this.open.add(descriptor);
    return descriptor;
  }

  /** Takes the name away; the queue goes when nobody has it open. */
  unlink(): void {
    this.linked = false;
    if (this.open.size === 0) this.onUnused(this);
  }

  /** Ends every descriptor of a process. */
  closeAllOf(pid: number): void {
    for (const descriptor of [...this.open]) {
      if (descriptor.caller.pid === pid) descriptor.close();
    }
  }

  put(message: Message): Errno | undefined {
    if (message.octets.length > this.messageBytes) return 'EMSGSIZE';
    if (this.messages.length >= this.maxMessages) return 'EAGAIN';
    let index = this.messages.length;
    while (index > 0 && (this.messages[index - 1]?.priority ?? 0) < message.priority) index--;
    const wasEmpty = this.messages.length === 0;
    this.messages.splice(index, 0, message);
    if (wasEmpty && ![...this.open].some((descriptor) => descriptor.waitsFor('read'))) {
      const { notification } = this;
      this.notification = undefined;
      notification?.run();
    }
    this.wake('read');
    return undefined;
  }

  take(): Message | undefined {
    const message = this.messages.shift();
    if (message !== undefined) this.wake('write');
    return message;
  }

  /** mq_notify(3): one registration at a time, by process. */
  notify(by: Descriptor, run: (() => void) | undefined): Errno | undefined {
    const { notification } = this;
    if (run === undefined) {
      if (notification?.by.caller.pid === by.caller.pid) this.notification = undefined;
      return undefined;
    }
    if (notification !== undefined) return 'EBUSY';
    this.notification = { by, run };
    return undefined;
  }

  forget(descriptor: Descriptor): void {
    if (this.notification?.by === descriptor) this.notification = undefined;
    this.open.delete(descriptor);
    if (!this.linked && this.open.size === 0) this.onUnused(this);
  }

  nextWaitOrder(): number {
    return ++this.waits;
  }

  /** Those that were refused are asked to try again in the order they asked, then all others. */
  private wake(side: 'read' | 'write'): void {
    const all = [...this.open];
    const waiting = all
      .filter((descriptor) => descriptor.waitsFor(side))
      .sort((a, b) => a.waitOrder - b.waitOrder);
    const others = all.filter((descriptor) => !descriptor.waitsFor(side));
    for (const descriptor of waiting) descriptor.onReady?.();
    for (const descriptor of others) descriptor.onReady?.();
  }
}

class Descriptor implements MessageQueueDescriptor {
  readonly fd: number;
  readonly caller: IpcCaller;
  readonly access: MqOpenOptions['access'];
  onReady: (() => void) | undefined = undefined;
  waitOrder = 0;
  private waiting: 'read' | 'write' | undefined;
  private readonly queue: PosixQueue;
  private closed = false;
  private nonBlocking: boolean;

  constructor(
    queue: PosixQueue,
    caller: IpcCaller,
    options: Pick<MqOpenOptions, 'access' | 'nonBlocking'>,
  ) {
    this.queue = queue;
    this.caller = caller;
    this.access = options.access;
    this.nonBlocking = options.nonBlocking === true;
    this.fd = caller.nextFd();
  }

  waitsFor(side: 'read' | 'write'): boolean {
    return this.waiting === side;
  }

  send(octets: Uint8Array, priority: number): Errno | undefined {
    if (this.closed || this.access === 'read') return 'EBADF';
    if (!Number.isInteger(priority) || priority < 0 || priority >= PRIORITY_LIMIT) return 'EINVAL';
    const errno = this.queue.put({ octets: octets.slice(), priority });
    this.note(errno, 'write');
    return errno;
  }

  receive(
    bufferBytes: number,
  ): Result<{ readonly octets: Uint8Array; readonly priority: number }, Errno> {
    if (this.closed || this.access === 'write') return fail('EBADF');
    if (bufferBytes < this.queue.messageBytes) return fail('EMSGSIZE');
    const message = this.queue.take();
    this.note(message === undefined ? 'EAGAIN' : undefined, 'read');
    return message === undefined ? fail('EAGAIN') : ok(message);
  }

  attributes(): QueueAttributes {
    return {
      nonBlocking: this.nonBlocking,
      maxMessages: this.queue.maxMessages,
      messageBytes: this.queue.messageBytes,
      currentMessages: this.queue.depth,
    };
  }

  setNonBlocking(value: boolean): Errno | undefined {
    if (this.closed) return 'EBADF';
    this.nonBlocking = value;
    if (value) this.waiting = undefined;
    return undefined;
  }

  notify(run: (() => void) | undefined): Errno | undefined {
    return this.closed ? 'EBADF' : this.queue.notify(this, run);
  }

  close(): Errno | undefined {
    if (this.closed) return 'EBADF';
    this.closed = true;
    this.onReady = undefined;
    this.caller.releaseFd(this.fd);
    this.queue.forget(this);
    return undefined;
  }

  private note(errno: Errno | undefined, side: 'read' | 'write'): void {
    if (errno !== 'EAGAIN') {
      if (this.waiting === side) this.waiting = undefined;
      return;
    }
    if (this.waiting === side || this.nonBlocking) return;
    this.waiting = side;
    this.waitOrder = this.queue.nextWaitOrder();
  }
}
