/** Which namespaces the processes of a pod are in, and who shares them, for the pod inspector. */
import type { Process } from '../../topology/index.js';
import type { DetailSection } from '../contract/live.js';
import type { PodRuntimeView } from '../kubelet/index.js';

/** Order of the kinds: those that make a pod first. */
const KINDS = ['net', 'ipc', 'uts', 'pid', 'mnt', 'cgroup', 'user', 'time'];

/** One row for each namespace: its inode and who is in it. `init` is the node's first process. */
export function namespaceSections(
  view: PodRuntimeView | undefined,
  init: Process | undefined,
): DetailSection[] {
  if (view?.sandbox === undefined) return [];
  const members = [
    { who: 'pause', inodes: view.sandbox.namespaces },
    ...view.containers
      .filter(({ pid }) => pid !== undefined)
      .map(({ name, namespaces }) => ({ who: name, inodes: namespaces })),
  ];
  const node: Readonly<Record<string, number>> = Object.fromEntries(
    Object.entries(init?.namespaces ?? {}).map(([kind, { inode }]) => [kind, inode]),
  );
  const present = Object.keys(view.sandbox.namespaces);
  const kinds = [
    ...KINDS.filter((kind) => present.includes(kind)),
    ...present.filter((kind) => !KINDS.includes(kind)),
  ];
  const rows = kinds.flatMap((kind) => {
    const byInode = new Map<number, string[]>();
    for (const { who, inodes } of members) {
      const inode = inodes[kind];
      if (inode !== undefined) byInode.set(inode, [...(byInode.get(inode) ?? []), who]);
    }
    return [...byInode].map(([inode, who]) => [
      kind,
      String(inode),
      inode === node[kind] ? `${who.join(', ')} and the node` : who.join(', '),
    ]);
  });
  return [
    {
      kind: 'table',
      title: 'Namespaces',
      columns: ['kind', 'inode', 'who is in it'],
      rows,
      note: `As "ls -l /proc/PID/ns" shows them. pause (pid ${view.sandbox.pausePid}) holds what the containers share; what has the node's inode is the node's own.`,
    },
  ];
}
