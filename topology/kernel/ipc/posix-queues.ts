import { fail, ok, type Result } from '../../base/index.js';
import type { Errno } from '../errno.js';
import type { MessageQueueDescriptor, MqOpenOptions } from '../sys.js';
import { type IpcCaller, mayAccess } from './caller.js';
import { type MessageQueueCharges, queueChargeBytes } from './charge.js';
import type { IpcLimits } from './limits.js';
import { PosixQueue } from './posix-queue.js';

/** NAME_MAX: longest file name in the mqueue file system. */
const NAME_LIMIT = 255;
const READ = 4;
const WRITE = 2;
const ACCESS_BITS = { read: READ, write: WRITE, 'read-write': READ | WRITE } as const;

/** The POSIX message queues of one IPC namespace. */
export class PosixQueues {
  private readonly byName = new Map<string, PosixQueue>();
  /** Also those that lost their name and are still open. */
  private readonly living = new Set<PosixQueue>();
  private readonly limits: IpcLimits;
  private readonly charges: MessageQueueCharges;

  constructor(limits: IpcLimits, charges: MessageQueueCharges) {
    this.limits = limits;
    this.charges = charges;
  }

  /**
   * mq_open(3). Fails with EINVAL, ENOENT, EACCES or ENAMETOOLONG for the name; EEXIST; EACCES for permission;
   * ENOSPC beyond `fs.mqueue.queues_max`; EINVAL beyond `msg_max` and `msgsize_max`; EMFILE beyond RLIMIT_MSGQUEUE.
   *
   * Fidelity: nobody has CAP_SYS_RESOURCE, which in Linux lifts these limits.
   */
  open(
    caller: IpcCaller,
    name: string,
    options: MqOpenOptions,
  ): Result<MessageQueueDescriptor, Errno> {
    const bad = checkName(name);
    if (bad !== undefined) return fail(bad);
    const existing = this.byName.get(name);
    if (existing === undefined) {
      if (options.create !== true) return fail('ENOENT');
      const made = this.create(caller, name, options);
      return made.ok ? ok(made.value.descriptor(caller, options)) : made;
    }
    if (options.create === true && options.exclusive === true) return fail('EEXIST');
    if (!mayAccess(caller, existing, ACCESS_BITS[options.access])) return fail('EACCES');
    return ok(existing.descriptor(caller, options));
  }

  /** mq_unlink(3). Fails with ENOENT, and EACCES for another's queue (the directory is sticky). */
  unlink(caller: IpcCaller, name: string): Errno | undefined {
    const bad = checkName(name);
    if (bad !== undefined) return bad;
    const queue = this.byName.get(name);
    if (queue === undefined) return 'ENOENT';
    if (caller.uid !== 0 && caller.uid !== queue.uid) return 'EACCES';
    this.byName.delete(name);
    queue.unlink();
    return undefined;
  }

  /** Every living queue, nameless ones too, in order of creation. */
  get all(): Iterable<PosixQueue> {
    return this.living;
  }

  /** Closes every descriptor of a process. */
  closeAllOf(pid: number): void {
    for (const queue of [...this.living]) queue.closeAllOf(pid);
  }

  /** Destroys everything: the namespace is gone. */
  clear(): void {
    for (const queue of [...this.living]) {
      if (queue.linked) queue.unlink();
    }
    this.byName.clear();
  }

  private create(
    caller: IpcCaller,
    name: string,
    options: MqOpenOptions,
  ): Result<PosixQueue, Errno> {
    if (this.byName.size >= this.limits('fs.mqueue.queues_max')) return fail('ENOSPC');
    const maxMessages =
      options.maxMessages ??
      Math.min(this.limits('fs.mqueue.msg_max'), this.limits('fs.mqueue.msg_default'));
    const messageBytes =
      options.messageBytes ??
      Math.min(this.limits('fs.mqueue.msgsize_max'), this.limits('fs.mqueue.msgsize_default'));
    if (!within(maxMessages, this.limits('fs.mqueue.msg_max'))) return fail('EINVAL');
    if (!within(messageBytes, this.limits('fs.mqueue.msgsize_max'))) return fail('EINVAL');
    const bytes = queueChargeBytes(maxMessages, messageBytes);
    if (!this.charges.charge(caller.uid, bytes)) return fail('EMFILE');
    const mode = (options.mode ?? 0o600) & 0o777 & ~caller.umask;
    const spec = { name, uid: caller.uid, mode, maxMessages, messageBytes };
    const queue = new PosixQueue(spec, () => {
      this.living.delete(queue);
      this.charges.release(queue.uid, bytes);
    });
    this.byName.set(name, queue);
    this.living.add(queue);
    return ok(queue);
  }
}

function within(value: number, limit: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= limit;
}

/** The checks of libc (EINVAL) and of the kernel. */
function checkName(name: string): Errno | undefined {
  if (!name.startsWith('/')) return 'EINVAL';
  const file = name.slice(1);
  if (file === '') return 'ENOENT';
  if (file.length > NAME_LIMIT) return 'ENAMETOOLONG';
  if (file.includes('/') || file === '.' || file === '..') return 'EACCES';
  return undefined;
}
