/**
 * `conntrack` 1.4.7.
 *
 * Fidelity: events (-E), single entries (-G) and changes of entries (-I, -U) are refused; one CPU counts everything.
 */
import {
  CONNTRACK_VERSION,
  type ConntrackQuery,
  parseConntrackRequest,
} from '../../../topology/index.js';
import { hasCapability } from './capability.js';
import { applyChanges, type NetfilterRun, netfilterOf } from './netfilter-run.js';
import type { Tool } from './tool.js';
import { usageText } from './usage.js';

const USAGE = usageText(
  'conntrack -L|-S|-C|-D|-F [TABLE] [-f FAMILY] [-p PROTO] [-s ADDR] [-d ADDR] [-r ADDR] [-q ADDR]',
  '    [--sport PORT] [--dport PORT] [--state STATE] [-m MARK] [-o FORMAT]',
);

const conntrack: Tool = async (io) => {
  const run = await netfilterOf(io);
  if (run === undefined) return 1;
  const read = parseConntrackRequest(io.args, run.place.netns);
  if (!read.ok) {
    await io.err(read.error.stderr ?? `${CONNTRACK_VERSION}: ${read.error.message}\n`);
    return read.error.status ?? 2;
  }
  const { query, ops } = read.value;
  if (query.query === 'version') {
    await io.out(`${CONNTRACK_VERSION}\n`);
    return 0;
  }
  if (query.query === 'help') {
    await io.out(USAGE);
    return 0;
  }
  if (!hasCapability(io, 'NET_ADMIN')) {
    const why = 'sorry, you must be root or get CAP_NET_ADMIN capability to do this';
    await io.err(`${CONNTRACK_VERSION}: Operation failed: ${why}\n`);
    return 1;
  }
  const lines = linesOf(run, query);
  const problem = applyChanges(run, ops);
  if (problem !== undefined) {
    await io.err(`${CONNTRACK_VERSION}: ${problem}\n`);
    return 1;
  }
  return report(run, query, lines);
};

function linesOf(run: NetfilterRun, query: ConntrackQuery): readonly string[] {
  if (query.query !== 'list' && query.query !== 'delete') return [];
  if (query.expectations) return [];
  return run.netfilter.conntrack.entries(query.filter).map(({ family, line, id }) => {
    const before = family === 'ipv4' ? 'ipv4     2 ' : 'ipv6     10 ';
    return `${query.extended ? before : ''}${line}${query.withId ? ` id=${id}` : ''}\n`;
  });
}

async function report(
  run: NetfilterRun,
  query: ConntrackQuery,
  lines: readonly string[],
): Promise<number> {
  const { io } = run;
  const { conntrack: view } = run.netfilter;
  switch (query.query) {
    case 'list': {
      const what = query.expectations ? 'expectations' : 'flow entries';
      await io.out(lines.join(''));
      await io.err(`${CONNTRACK_VERSION}: ${lines.length} ${what} have been shown.\n`);
      return 0;
    }
    case 'delete':
      await io.out(lines.join(''));
      await io.err(`${CONNTRACK_VERSION}: ${lines.length} flow entries have been deleted.\n`);
      return lines.length === 0 ? 1 : 0;
    case 'flush':
      await io.err(`${CONNTRACK_VERSION}: connection tracking table has been emptied.\n`);
      return 0;
    case 'count':
      await io.out(`${view.size}\n`);
      return 0;
    default: {
      const { found, invalid, insertFailed, drop, earlyDrop, clashResolve } = view.statistics;
      const counted = [
        `found=${found} invalid=${invalid} insert=0 insert_failed=${insertFailed} drop=${drop}`,
        `early_drop=${earlyDrop} error=0 search_restart=0 clash_resolve=${clashResolve} chaintoolong=0 `,
      ];
      await io.out(`cpu=0   \t${counted.join(' ')}\n`);
      return 0;
    }
  }
}

/** The tool. */
export const CONNTRACK_TOOLS: Readonly<Record<string, Tool>> = { conntrack };
