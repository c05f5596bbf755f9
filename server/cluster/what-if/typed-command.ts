/** Commands that a page types in a network namespace: what a shell there would do, without a pod for the shell. */

import { type KernelOp, parseCommand } from '../../../topology/index.js';
import type { Done } from '../../contract/acting.js';
import type { TypedRequest } from '../../contract/what-if.js';
import type { Cluster } from '../cluster.js';
import { findPlace } from '../fault/place.js';
import { type Reply, refuse, reply } from '../reply.js';
import { noteOps } from '../typed-ops.js';

const MOST_LINES = 20;
const LONGEST_LINE = 1000;

/**
 * Carries out all of the commands, or none.
 *
 * Failures: a sentence when the place is gone, or a command is not understood or refused.
 */
export function typeCommands(cluster: Cluster, request: TypedRequest): Reply<Done> {
  const { lines, machine, pod } = request;
  if (!Array.isArray(lines) || lines.length === 0 || lines.length > MOST_LINES)
    return refuse(`one to ${MOST_LINES} commands are typed at a time`);
  const found = findPlace(
    cluster,
    pod === undefined
      ? { type: 'Sysctl', node: String(machine) }
      : { type: 'Sysctl', pod: String(pod) },
  );
  if (!found.ok) return refuse(found.error);
  const { host, label, netns } = found.value;
  const ops: KernelOp[] = [];
  for (const line of lines) {
    if (typeof line !== 'string' || line.length > LONGEST_LINE)
      return refuse(`a command must be a line of at most ${LONGEST_LINE} characters`);
    const parsed = parseCommand(line, netns);
    if (!parsed.ok) return refuse(`${line}: ${parsed.error.message}`);
    ops.push(...parsed.value);
  }
  const applied = host.apply(ops);
  if (!applied.ok) return refuse(`${lines[applied.error.index] ?? ''}: ${applied.error.message}`);
  noteOps(host, ops);
  return reply({ text: `typed in ${label}: ${lines.join('; ')}` });
}
