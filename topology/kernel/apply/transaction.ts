import { type Errno, strerror } from '../errno.js';
import type { Host } from '../host.js';
import type { NetDevice } from '../link/device.js';
import type { NetNamespace } from '../netns/namespace.js';
import type { NftRefusal } from '../nft.js';

/** Why one op was refused. */
export interface OpFailure {
  readonly errno: Errno;
  readonly message: string;
  /** Of an nft command: the part of it that is to blame. */
  readonly nft?: NftRefusal;
}

/** One list of ops under way: how to take back what was done, and what to do once all is done. */
export class Transaction {
  readonly host: Host;
  private readonly undoLog: (() => void)[] = [];
  private readonly commitLog: (() => void)[] = [];
  private readonly saved = new Set<string | object>();

  constructor(host: Host) {
    this.host = host;
  }

  /** Notes how to take back what was just done. */
  undo(step: () => void): void {
    this.undoLog.push(step);
  }

  /** Notes what cannot be taken back, to be done at the end. */
  onCommit(step: () => void): void {
    this.commitLog.push(step);
  }

  /** True the first time that a key is asked for: state that is saved once per list. */
  first(key: string | object): boolean {
    if (this.saved.has(key)) return false;
    this.saved.add(key);
    return true;
  }

  rollBack(): void {
    for (const step of this.undoLog.reverse()) step();
  }

  commit(): void {
    for (const step of this.commitLog) step();
  }

  /** The namespace that an op names. */
  netns(name: string | undefined): NetNamespace | OpFailure {
    const found = this.host.netns(name ?? '');
    if (found !== undefined) return found;
    const message = `Cannot open network namespace "${name}": No such file or directory`;
    return { errno: 'ENOENT', message };
  }

  /** The device that an op names, in the namespace that it names. */
  device(netns: string | undefined, name: string): NetDevice | OpFailure {
    const space = this.netns(netns);
    if (isFailure(space)) return space;
    const found = space.device(name);
    return found ?? { errno: 'ENODEV', message: `Cannot find device "${name}"` };
  }
}

/** Tells a failure from what was looked for. */
export function isFailure(value: object): value is OpFailure {
  return 'errno' in value && 'message' in value;
}

/** `RTNETLINK answers: …`, as iproute2 prints an errno without further text. */
export function rtnetlink(errno: Errno): OpFailure {
  return { errno, message: `RTNETLINK answers: ${strerror(errno)}` };
}

/** `Error: …`, as iproute2 prints the kernel's own text (extack). */
export function extack(errno: Errno, text: string): OpFailure {
  return { errno, message: `Error: ${text}` };
}
