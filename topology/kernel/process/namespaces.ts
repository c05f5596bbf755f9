import type { IpcNamespace } from '../ipc/index.js';
import type { SocketNetns, SocketPaths } from '../socket/index.js';
import type { Namespace, NamespaceKind } from '../sys.js';
import type { KernelProcess } from './process.js';

/** Inode numbers of a host's first namespaces (enum init_ns_ino of nsfs.h); that of net comes from its Netns. */
export const INIT_NAMESPACE_INODES = {
  ipc: 4026531839,
  uts: 4026531838,
  user: 4026531837,
  pid: 4026531836,
  cgroup: 4026531835,
  time: 4026531834,
  mnt: 4026531832,
} as const;

/** Order in which clone(2) makes the namespaces it was asked for (copy_namespaces). */
export const CREATION_ORDER: readonly NamespaceKind[] = [
  'user',
  'mnt',
  'uts',
  'ipc',
  'pid',
  'cgroup',
  'net',
  'time',
];

/** A network namespace as a process holds it. */
export interface NetNamespace extends Namespace {
  readonly kind: 'net';
  readonly netns: SocketNetns;
}

/** A UTS namespace: its hostname. */
export interface UtsNamespace extends Namespace {
  readonly kind: 'uts';
  hostname: string;
}

/** A PID namespace: its numbering and its members, those of namespaces below included. */
export interface PidNamespace extends Namespace {
  readonly kind: 'pid';
  readonly parent: PidNamespace | undefined;
  readonly members: Map<number, KernelProcess>;
  lastPid: number;
}

/** A mount namespace: the files of Unix sockets, the rest belongs to whoever runs programs. */
export interface MountNamespace extends Namespace {
  readonly kind: 'mnt';
  readonly paths: SocketPaths;
}

/** A namespace of which podnet models the identity alone. */
export interface PlainNamespace extends Namespace {
  readonly kind: 'cgroup' | 'user' | 'time';
}

/** The eight namespaces of a process. */
export interface NamespaceSet extends Readonly<Record<NamespaceKind, Namespace>> {
  readonly net: NetNamespace;
  readonly ipc: IpcNamespace;
  readonly uts: UtsNamespace;
  readonly pid: PidNamespace;
  readonly mnt: MountNamespace;
  readonly cgroup: PlainNamespace;
  readonly user: PlainNamespace;
  readonly time: PlainNamespace;
}

/** Highest pid plus one (kernel.pid_max); numbers go round to 300, below which the kernel's own live. */
const PID_MAX = 4_194_304;
const RESERVED_PIDS = 300;

/** Gives a process its number in a PID namespace. */
export function enterPidNamespace(namespace: PidNamespace, process: KernelProcess): number {
  let pid = namespace.lastPid + 1;
  for (;;) {
    if (pid >= PID_MAX) pid = RESERVED_PIDS;
    if (!namespace.members.has(pid)) break;
    pid++;
  }
  namespace.lastPid = pid;
  namespace.members.set(pid, process);
  return pid;
}
