import type { Process } from '../../topology/index.js';

/** Inode numbers of a process's namespaces by kind, as `ls -l /proc/PID/ns` shows them. */
export function inodesOf(process: Process): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(process.namespaces).map(([kind, { inode }]) => [kind, inode]),
  );
}
