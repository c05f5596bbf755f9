/**
 * `ipset` 7.17.
 *
 * Fidelity: `Size in memory` and `initval` are made up, the elements of a hash stand in the order they were added; XML
 * output and interactive mode are missing.
 */
import {
  decodeUtf8,
  parseIpsetRequest,
  printSetHeader,
  SET_REVISIONS,
  type SetView,
  splitWords,
} from '../../../topology/index.js';
import { hasCapability } from './capability.js';
import { applyChanges, type NetfilterRun, netfilterOf } from './netfilter-run.js';
import { linesOf, type Tool } from './tool.js';

const VERSION = 'ipset v7.17';

const ipset: Tool = async (io) => {
  const run = await netfilterOf(io);
  if (run === undefined) return 1;
  return runOne(run, io.args);
};

async function runOne(run: NetfilterRun, args: readonly string[]): Promise<number> {
  const { io } = run;
  const findSet = (name: string) => run.netfilter.setSpec(name);
  const read = parseIpsetRequest(args, { ...run.place, findSet });
  if (!read.ok) {
    await io.err(read.error.stderr ?? `${VERSION}: ${read.error.message}\n`);
    return read.error.status ?? 1;
  }
  const { ops, query } = read.value;
  if (query?.query === 'version') {
    await io.out(`${VERSION}, protocol version: 7\n`);
    return 0;
  }
  if (!hasCapability(io, 'NET_ADMIN')) {
    await io.err(`${VERSION}: Kernel error received: Operation not permitted\n`);
    return 1;
  }
  switch (query?.query) {
    case 'restore':
      return restore(run);
    case 'test': {
      const found = run.netfilter.sets.test(query.name, query.element) === true;
      const is = found ? 'is' : 'is NOT';
      const text = `${query.text} ${is} in set ${query.name}.\n`;
      await io.err(found ? `Warning: ${text}` : text);
      return found ? 0 : 1;
    }
    case 'list':
    case 'save':
      return show(run, query);
    default: {
      const problem = applyChanges(run, ops);
      if (problem === undefined) return 0;
      await io.err(`${problem}\n`);
      return 1;
    }
  }
}

async function restore(run: NetfilterRun): Promise<number> {
  const content = await run.io.read('-');
  if (!content.ok) return 1;
  for (const line of linesOf(decodeUtf8(content.value))) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const status = await runOne(run, splitWords(line));
    if (status !== 0) return status;
  }
  return 0;
}

interface ShowQuery {
  readonly query: 'list' | 'save';
  readonly name?: string;
  readonly what: 'all' | 'terse' | 'names';
}

async function show(run: NetfilterRun, { query, name, what }: ShowQuery): Promise<number> {
  const { io } = run;
  const all = run.netfilter.sets.list();
  const sets = name === undefined ? all : all.filter((set) => set.name === name);
  if (name !== undefined && sets.length === 0) {
    await io.err(`${VERSION}: The set with the given name does not exist\n`);
    return 1;
  }
  if (what === 'names') await io.out(sets.map((set) => `${set.name}\n`).join(''));
  else if (query === 'save') await io.out(sets.map(saveText).join(''));
  else await io.out(sets.map((set) => listText(set, what === 'terse')).join('\n'));
  return 0;
}

/** A seed that stays the same for a set, as the kernel draws one when the set is made. */
function initval(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return hash;
}

function memberText(set: SetView, entry: SetView['entries'][number]): string {
  const { spec } = set;
  return [
    entry.text,
    entry.nomatch ? 'nomatch' : '',
    spec.timeoutSeconds === undefined ? '' : `timeout ${entry.timeoutSeconds ?? 0}`,
    spec.counters === true ? `packets ${entry.packets} bytes ${entry.bytes}` : '',
    entry.comment === undefined ? '' : `comment "${entry.comment}"`,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

function listText(set: SetView, terse: boolean): string {
  const lines = [
    `Name: ${set.name}`,
    `Type: ${set.spec.type}`,
    `Revision: ${SET_REVISIONS[set.spec.type]}`,
    `Header: ${printSetHeader(set.spec, initval(set.name))}`,
    `Size in memory: ${200 + set.entries.length * 64}`,
    `References: ${set.references}`,
    `Number of entries: ${set.entries.length}`,
  ];
  if (!terse) lines.push('Members:', ...set.entries.map((entry) => memberText(set, entry)));
  return `${lines.join('\n')}\n`;
}

function saveText(set: SetView): string {
  const header = printSetHeader(set.spec, initval(set.name));
  const members = set.entries.map((entry) => `add ${set.name} ${memberText(set, entry)}\n`);
  return `create ${set.name} ${set.spec.type} ${header}\n${members.join('')}`;
}

/** The tool. */
export const IPSET_TOOLS: Readonly<Record<string, Tool>> = { ipset };
