import { fail, ok, type Result } from '../../base/index.js';
import type { Errno } from '../errno.js';
import { type IpcCaller, mayAccess } from './caller.js';
import { SysvIds } from './ids.js';
import type { MsggetOptions } from './sysv-queues.js';

/** IPC_PRIVATE: a key that always makes a new object. */
const IPC_PRIVATE = 0;

/** A shared memory segment or a semaphore array. */
export interface SysvObject {
  readonly id: number;
  readonly key: number;
  readonly uid: number;
  readonly mode: number;
  /** Octets of a segment, semaphores of an array. */
  readonly size: number;
}

/** What bounds one kind of object. */
export interface SysvObjectLimits {
  /** `kernel.shmmni`, or the fourth of `kernel.sem`. */
  readonly count: number;
  /** `kernel.shmmax`, or SEMMSL, the first of `kernel.sem`. */
  readonly size: number;
}

/** Limits of shared memory: kernel.shmmni and kernel.shmmax. */
export const SHM_LIMITS: SysvObjectLimits = { count: 4096, size: Number.MAX_SAFE_INTEGER };

/** Limits of semaphores: the fourth and the first of kernel.sem. */
export const SEM_LIMITS: SysvObjectLimits = { count: 32_000, size: 32_000 };

/**
 * The shared memory segments or the semaphore arrays of one IPC namespace, sysvipc(7).
 *
 * Fidelity: they are made, found, listed and removed; nobody can attach a segment or operate a semaphore.
 */
export class SysvObjects {
  private readonly objects = new Map<number, SysvObject>();
  private readonly byKey = new Map<number, SysvObject>();
  private readonly ids = new SysvIds();
  private readonly limits: SysvObjectLimits;

  constructor(limits: SysvObjectLimits) {
    this.limits = limits;
  }

  /** Every object, in order of creation. */
  get all(): Iterable<SysvObject> {
    return this.objects.values();
  }

  /**
   * shmget(2), semget(2). Fails with ENOENT, EEXIST, EACCES; EINVAL for a size of 0 or beyond the limit and for more
   * than an existing object has; ENOSPC beyond the number of objects.
   */
  get(caller: IpcCaller, key: number, size: number, options: MsggetOptions): Result<number, Errno> {
    const existing = key === IPC_PRIVATE ? undefined : this.byKey.get(key);
    if (existing !== undefined) {
      if (options.create === true && options.exclusive === true) return fail('EEXIST');
      const mode = options.mode ?? 0;
      const wanted = ((mode >>> 6) | (mode >>> 3) | mode) & 6;
      if (!mayAccess(caller, existing, wanted)) return fail('EACCES');
      return size > existing.size ? fail('EINVAL') : ok(existing.id);
    }
    if (key !== IPC_PRIVATE && options.create !== true) return fail('ENOENT');
    if (!Number.isInteger(size) || size < 1 || size > this.limits.size) return fail('EINVAL');
    if (this.objects.size >= this.limits.count) return fail('ENOSPC');
    const mode = (options.mode ?? 0o600) & 0o777;
    const made = { id: this.ids.allocate(), key, uid: caller.uid, mode, size };
    this.objects.set(made.id, made);
    if (key !== IPC_PRIVATE) this.byKey.set(key, made);
    return ok(made.id);
  }

  /** IPC_RMID. Fails with EINVAL; EPERM for another's object. */
  remove(caller: IpcCaller, id: number): Errno | undefined {
    const object = this.objects.get(id);
    if (object === undefined) return 'EINVAL';
    if (caller.uid !== 0 && caller.uid !== object.uid) return 'EPERM';
    this.objects.delete(id);
    this.ids.free(id);
    if (this.byKey.get(object.key) === object) this.byKey.delete(object.key);
    return undefined;
  }

  /** Destroys everything: the namespace is gone. */
  clear(): void {
    this.objects.clear();
    this.byKey.clear();
  }
}
