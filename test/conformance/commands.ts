import {
  parseIptablesRestore,
  parseWords,
  quoteWord,
  splitWords,
} from '../../topology/kernel/command/index.js';
import { type Host, type KernelOp, viewNetns } from '../../topology/kernel/index.js';
import { LabError } from './lab-error.js';

/** Where in a lab's file something is said, and in which namespace it is to be done. */
export interface Place {
  readonly netns?: string;
  /** A path such as `topology.routes[3]`. */
  readonly path: string;
}

/** Runs a command on a lab; throws a `LabError` when it is refused. */
export function runCommand(host: Host, place: Place, command: string, input = ''): void {
  const refusal = tryCommand(host, place, command, input);
  if (refusal !== undefined) throw new LabError(place.path, refusal);
}

/** Runs a command on a lab and gives why it was refused, if it was. */
export function tryCommand(
  host: Host,
  { netns, path }: Place,
  command: string,
  input = '',
): string | undefined {
  if (netns !== undefined && host.netns(netns) === undefined) {
    return `there is no namespace ${netns}; this lab has ${namespaceNames(host)}`;
  }
  const words = splitWords(command);
  const flushed = flushOps(host, netns ?? '', words);
  if (flushed !== undefined) return apply(host, flushed, place(netns, path), command);
  const ops = parseWords(words, input, netns);
  if (!ops.ok) {
    const { message, expected } = ops.error;
    return `${command}: ${message} (right would be: ${expected})`;
  }
  return apply(host, ops.value, place(netns, path), command);
}

/** Loads rules of one table, as iptables-restore does; throws a `LabError` that names the line. */
export function restoreRules(
  host: Host,
  place: Place & { readonly netns: string },
  rules: {
    readonly family: 'ipv4' | 'ipv6';
    readonly head: readonly string[];
    readonly lines: readonly string[];
  },
): void {
  const { netns, path } = place;
  if (host.netns(netns) === undefined) {
    throw new LabError(
      `${path}.ns`,
      `there is no namespace ${netns}; this lab has ${namespaceNames(host)}`,
    );
  }
  const text = [...rules.head, ...rules.lines, 'COMMIT'].join('\n');
  const ops = parseIptablesRestore(text, { family: rules.family, netns, noflush: true });
  const tool = rules.family === 'ipv4' ? 'iptables-restore' : 'ip6tables-restore';
  if (!ops.ok) {
    const { line = 1, message, expected } = ops.error;
    const index = line - 1 - rules.head.length;
    const rule = rules.lines[index];
    const at = rule === undefined ? path : `${path}.rules[${index}]`;
    const said = rule === undefined ? '' : `${rule}: `;
    throw new LabError(at, `${said}${tool}: ${message} (right would be: ${expected})`);
  }
  const refusal = apply(host, ops.value, place, tool);
  if (refusal !== undefined) throw new LabError(path, refusal);
}

/** Arguments as one line that splits into the same words. */
export function lineOf(args: string | readonly string[]): string {
  return typeof args === 'string' ? args : args.map(quoteWord).join(' ');
}

/** `ip neigh flush` is many ops: `ip` asks for the entries and deletes those that are not permanent. */
function flushOps(
  host: Host,
  netns: string,
  words: readonly string[],
): readonly KernelOp[] | undefined {
  const [tool, object = '', verb, ...rest] = words.filter((word) => !/^-[46s]$/.test(word));
  if (tool !== 'ip' || verb !== 'flush' || !/^n(eigh(bou?r)?)?$/.test(object)) return undefined;
  const name = rest[rest.indexOf('dev') + 1];
  const space = host.netns(netns);
  const found = (space === undefined ? [] : viewNetns(space).neighbors).filter((entry) => {
    return (!rest.includes('dev') || entry.device === name) && !KEPT.has(entry.state);
  });
  return found.map(({ device, address }) => {
    return { op: 'neigh.del', netns, dev: device, dst: address };
  });
}

/** States that `ip neigh flush` leaves alone. */
const KEPT: ReadonlySet<string> = new Set(['permanent', 'noarp']);

function place(netns: string | undefined, path: string): Place {
  return netns === undefined ? { path } : { path, netns };
}

function apply(
  host: Host,
  ops: readonly KernelOp[],
  { netns }: Place,
  what: string,
): string | undefined {
  const applied = host.apply(ops);
  if (applied.ok) return undefined;
  const { errno, message } = applied.error;
  const devices = errno === 'ENODEV' ? deviceNames(host, netns) : '';
  return `${what}: ${message}${devices}`;
}

function deviceNames(host: Host, netns: string | undefined): string {
  const names = host.netns(netns ?? '')?.deviceList.map(({ name }) => name) ?? [];
  return `; devices of ${netns ?? 'the host'} are ${names.join(', ')}`;
}

function namespaceNames(host: Host): string {
  const names = [...host.namespaces].map(({ name }) => name).filter((name) => name !== '');
  return names.length === 0 ? 'none' : names.join(', ');
}
