import {
  contains,
  formatIp,
  formatMac,
  isIpv4,
  type KernelOp,
  type Neighbor,
  parseIp,
} from '../../../topology/index.js';
import {
  Args,
  applyOps,
  type IpRun,
  needDevice,
  readChange,
  refusal,
  show,
  ToolExit,
} from './ip-run.js';
import {
  familyWords,
  optional,
  placeOf,
  readPrefix,
  readVerb,
  wrongArgument,
} from './ip-selector.js';
import { Entry } from './iproute-entry.js';
import { NEIGH_USAGE } from './iproute-usage.js';

const VERBS = {
  object: 'neigh',
  fallback: 'show',
  usage: NEIGH_USAGE,
  names: [
    'add',
    'change',
    'chg',
    'replace',
    'delete',
    'get',
    'show',
    'lst',
    'list',
    'flush',
    'help',
  ],
} as const;

/** `ip neighbour`. */
export async function ipNeighbor(run: IpRun, words: readonly string[]): Promise<number> {
  const verb = readVerb(words, VERBS);
  const rest = words.slice(1);
  switch (verb) {
    case 'show':
    case 'lst':
    case 'list':
      return showNeighbors(run, rest);
    case 'get':
      return getNeighbor(run, rest);
    case 'flush':
      return flushNeighbors(run, rest);
    default:
      return changeNeighbor(run, verb, rest);
  }
}

async function changeNeighbor(run: IpRun, verb: string, words: readonly string[]): Promise<number> {
  const ops = readChange(run, ['ip', ...familyWords(run), 'neigh', verb, ...words]);
  for (const op of ops) {
    if (op.op !== 'neigh.replace') continue;
    const there = needDevice(run, op.dev).neighbors.has(op.dst);
    if (verb === 'add' && there) throw refusal('File exists');
    if ((verb === 'change' || verb === 'chg') && !there) throw refusal('No such file or directory');
  }
  return applyOps(run, ops);
}

const STATES = [
  'incomplete',
  'reachable',
  'stale',
  'delay',
  'probe',
  'failed',
  'noarp',
  'permanent',
  'none',
];

interface NeighborFilter {
  readonly device: string | undefined;
  /** Absent means all but `none` and `noarp`. */
  readonly states: ReadonlySet<string> | undefined;
  readonly fits: (entry: Neighbor) => boolean;
  readonly proxy: boolean;
}

function readFilter(run: IpRun, words: readonly string[]): NeighborFilter {
  const args = new Args(words);
  const checks: ((entry: Neighbor) => boolean)[] = [];
  const states = new Set<string>();
  let device: string | undefined;
  let proxy = false;
  while (args.more) {
    const word = args.take();
    if (word === 'dev') {
      device = args.value();
      needDevice(run, device);
    } else if (word === 'master' || word === 'vrf' || word === 'protocol') args.value();
    else if (word === 'nomaster' || word === 'unused' || word === 'router') continue;
    else if (word === 'nud') {
      const state = args.value();
      if (state === 'all') for (const each of STATES) states.add(each);
      else if (STATES.includes(state)) states.add(state);
      else throw wrongArgument(state, 'nud state is bad');
    } else if (word === 'proxy') proxy = true;
    else {
      const text = optional(args, word, { keyword: 'to', usage: NEIGH_USAGE });
      if (text === 'all' || text === 'any') continue;
      const block = readPrefix(text);
      checks.push((entry) => contains(block, entry.address));
    }
  }
  const fits = (entry: Neighbor) => checks.every((check) => check(entry));
  return { device, states: states.size === 0 ? undefined : states, fits, proxy };
}

function pick(run: IpRun, filter: NeighborFilter): readonly Neighbor[] {
  if (filter.proxy) return [];
  const { netns, family } = run;
  return netns.deviceList
    .filter((device) => filter.device === undefined || device.name === filter.device)
    .flatMap((device) => [...device.neighbors.values()])
    .filter((entry) => {
      const six = !isIpv4(entry.address);
      if (family !== 'any' && six !== (family === 'inet6')) return false;
      const state = netns.neighbors.stateOf(entry);
      const wanted = filter.states?.has(state) ?? state !== 'noarp';
      return wanted && filter.fits(entry);
    });
}

async function showNeighbors(run: IpRun, words: readonly string[]): Promise<number> {
  const filter = readFilter(run, words);
  const entries = pick(run, filter).map((entry) =>
    neighborEntry(run, entry, filter.device !== undefined),
  );
  await show(run, entries);
  return 0;
}

function neighborEntry(run: IpRun, neighbor: Neighbor, hideDevice: boolean): Entry {
  const entry = new Entry();
  const address = formatIp(neighbor.address);
  const state = run.netns.neighbors.stateOf(neighbor).toUpperCase();
  entry.put('dst', address, `${address} `);
  if (!hideDevice) entry.put('dev', neighbor.device.name, `dev ${neighbor.device.name} `);
  if (neighbor.mac !== undefined) {
    const mac = formatMac(neighbor.mac);
    entry.put('lladdr', mac, `lladdr ${mac} `);
  }
  if (run.options.stats > 0) putStats(run, entry, neighbor);
  entry.put('state', [state], `${state} \n`);
  return entry;
}

function putStats(run: IpRun, entry: Entry, neighbor: Neighbor): void {
  const { nowNs } = run.netns;
  const seconds = (thenNs: number) => Math.max(0, Math.floor((nowNs - thenNs) / 1e9));
  const used = seconds(neighbor.usedNs);
  const confirmed = seconds(neighbor.confirmedNs);
  const updated = seconds(neighbor.updatedNs);
  entry.put('used', used, ` used ${used}/`);
  entry.put('confirmed', confirmed, `${confirmed}/`);
  entry.put('updated', updated, `${updated}`);
  entry.put('probes', neighbor.probes, `probes ${neighbor.probes} `);
}

async function getNeighbor(run: IpRun, words: readonly string[]): Promise<number> {
  const args = new Args(words);
  let device: string | undefined;
  let text: string | undefined;
  while (args.more) {
    const word = args.take();
    if (word === 'dev') device = args.value();
    else if (word === 'proxy') text = args.value();
    else text = word === 'to' ? args.value() : word;
  }
  if (device === undefined || text === undefined)
    throw new ToolExit('Device and address are required arguments.\n', 255);
  const address = parseIp(text);
  if (!address.ok)
    throw new ToolExit(`Error: any valid address is expected rather than "${text}".\n`, 1);
  const found = needDevice(run, device).neighbors.get(address.value);
  if (found === undefined) throw new ToolExit('Error: Neighbour entry not found.\n', 2);
  await show(run, [neighborEntry(run, found, false)]);
  return 0;
}

async function flushNeighbors(run: IpRun, words: readonly string[]): Promise<number> {
  const filter = readFilter(run, words);
  if (words.length === 0) throw new ToolExit('Flush requires arguments.\n', 1);
  const place = placeOf(run);
  const ops: KernelOp[] = pick(run, filter)
    .filter((entry) => filter.states !== undefined || entry.state !== 'permanent')
    .map(({ address, device }) => ({ op: 'neigh.del', ...place, dev: device.name, dst: address }));
  return applyOps(run, ops);
}
