import {
  type Cidr,
  contains,
  type Ip,
  isCidr4,
  isIpv4,
  type KernelOp,
  parseIp,
  ROUTE_TYPES,
  type RouteEntry,
  routeGet,
  routesInOrder,
  strerror,
} from '../../../topology/index.js';
import { answerEntry, type HiddenField, routeEntry } from './ip-route-entry.js';
import {
  Args,
  applyOps,
  change,
  type IpRun,
  matches,
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
  readTable,
  readVerb,
  wrongArgument,
} from './ip-selector.js';
import { ROUTE_USAGE } from './iproute-usage.js';

const VERBS = {
  object: 'route',
  fallback: 'list',
  usage: ROUTE_USAGE,
  names: [
    'list',
    'show',
    'lst',
    'get',
    'add',
    'change',
    'chg',
    'replace',
    'prepend',
    'append',
    'test',
    'delete',
    'flush',
    'save',
    'restore',
    'showdump',
    'help',
  ],
} as const;

/** `ip route`. */
export async function ipRoute(run: IpRun, words: readonly string[]): Promise<number> {
  const verb = readVerb(words, VERBS);
  const rest = words.slice(1);
  switch (verb) {
    case 'list':
    case 'show':
    case 'lst':
      return showRoutes(run, rest);
    case 'flush':
      return flushRoutes(run, rest);
    case 'get':
      return getRoute(run, rest);
    case 'change':
    case 'chg':
      return changeRoute(run, rest);
    default:
      return change(run, ['ip', ...familyWords(run), 'route', verb, ...rest]);
  }
}

/** As `replace`, of a route that is there. */
async function changeRoute(run: IpRun, words: readonly string[]): Promise<number> {
  const ops = readChange(run, ['ip', ...familyWords(run), 'route', 'replace', ...words]);
  for (const op of ops) {
    if (op.op !== 'route.replace') continue;
    const there = run.netns.fib
      .at(op.table ?? 254, op.dst)
      .some((entry) => op.metric === undefined || entry.metric === op.metric);
    if (!there) throw refusal('No such file or directory');
  }
  return applyOps(run, ops);
}

/** What `ip route show` was asked to pick. */
interface RouteFilter {
  /** Undefined is every table. */
  readonly table: number | undefined;
  readonly cache: boolean;
  readonly wanted: readonly ((route: RouteEntry) => boolean)[];
  readonly hidden: ReadonlySet<HiddenField>;
}

function readFilter(run: IpRun, words: readonly string[]): RouteFilter {
  const args = new Args(words);
  const wanted: ((route: RouteEntry) => boolean)[] = [];
  // The selector names the table, main by itself.
  const hidden = new Set<HiddenField>(['table']);
  let table: number | undefined = 254;
  let cache = false;
  while (args.more) {
    const word = args.take();
    if (matches(word, 'table')) {
      const name = args.value();
      cache = matches(name, 'cache');
      const number = name === 'all' || cache ? 0 : readTable(name);
      table = number === 0 ? undefined : number;
      if (table === undefined) hidden.delete('table');
    } else if (matches(word, 'vrf') || word === 'tos' || matches(word, 'dsfield')) args.value();
    else if (word === 'cached' || word === 'cloned' || word === 'cache') cache = true;
    else if (matches(word, 'protocol')) {
      const proto = args.value();
      if (proto === 'all') continue;
      hidden.add('protocol');
      wanted.push((route) => route.proto === proto);
    } else if (matches(word, 'scope')) {
      const scope = args.value();
      if (scope === 'all') continue;
      hidden.add('scope');
      wanted.push((route) => route.scope === scope);
    } else if (matches(word, 'type')) {
      const type = args.value();
      if (!ROUTE_TYPES.some((each) => each === type))
        throw wrongArgument(type, 'node type value is invalid');
      wanted.push((route) => route.type === type);
    } else if (word === 'dev' || word === 'oif' || word === 'iif') {
      const dev = needDevice(run, args.value());
      hidden.add('dev');
      wanted.push((route) => route.dev === dev);
    } else if (word === 'via') {
      if (args.peek === 'inet' || args.peek === 'inet6') args.take();
      const block = readPrefix(args.value());
      wanted.push((route) => route.via !== undefined && contains(block, route.via));
      if (block.prefixLength === (isCidr4(block) ? 32 : 128)) hidden.add('via');
    } else if (word === 'src') {
      const block = readPrefix(args.value());
      wanted.push((route) => route.prefSrc !== undefined && contains(block, route.prefSrc));
      if (block.prefixLength === (isCidr4(block) ? 32 : 128)) hidden.add('src');
    } else if (matches(word, 'metric') || matches(word, 'priority') || word === 'preference') {
      const metric = Number(args.value());
      hidden.add('metric');
      wanted.push((route) => route.metric === metric);
    } else if (word === 'from') args.value();
    else wanted.push(prefixFilter(run, word, args));
  }
  return { table, cache, wanted, hidden };
}

/** `[to] [root|match|exact] PREFIX`; a prefix alone means exactly this one. */
function prefixFilter(run: IpRun, first: string, args: Args): (route: RouteEntry) => boolean {
  let word = first === 'to' ? args.value() : first;
  let how: 'root' | 'match' | 'exact' = 'exact';
  if (word === 'root' || word === 'match' || word === 'exact') {
    how = word;
    word = args.value();
  } else if (matches(word, 'help')) throw new ToolExit(ROUTE_USAGE, 255);
  const block =
    word === 'default' || word === 'any' || word === 'all' ? undefined : prefixOf(run, word);
  return ({ dst }) => {
    if (block === undefined) {
      if (how === 'root' || word !== 'default') return how !== 'match' || dst.prefixLength === 0;
      return dst.prefixLength === 0;
    }
    if (isCidr4(dst) !== isCidr4(block)) return false;
    switch (how) {
      case 'root':
        return dst.prefixLength >= block.prefixLength && contains(block, dst.network);
      case 'match':
        return dst.prefixLength <= block.prefixLength && contains(dst, block.network);
      default:
        return dst.prefixLength === block.prefixLength && dst.network === block.network;
    }
  };
}

function prefixOf(run: IpRun, word: string): Cidr {
  const family = run.family === 'inet6' ? 'inet6' : 'inet';
  try {
    return readPrefix(word);
  } catch {
    const what = word.includes('/') || run.family === 'any' ? 'any valid' : family;
    throw new ToolExit(`Error: ${what} prefix is expected rather than "${word}".\n`, 1);
  }
}

function pickRoutes(run: IpRun, filter: RouteFilter): readonly RouteEntry[] {
  if (filter.cache) return [];
  const { fib } = run.netns;
  const six = run.family === 'inet6';
  const tables = filter.table === undefined ? tablesInOrder([...fib.tableIds]) : [filter.table];
  const rows = tables.flatMap((table) => routesInOrder(run.netns, table));
  const fits = rows.filter((route) => filter.wanted.every((wants) => wants(route)));
  const four = fits.filter(({ dst }) => isCidr4(dst));
  const others = fits.filter(({ dst }) => !isCidr4(dst));
  if (six) return others;
  return run.family === 'any' && filter.table === undefined ? [...four, ...others] : four;
}

/** Tables as the kernel walks its hash of them (`fib_table_hash`, 256 buckets). */
function tablesInOrder(tables: readonly number[]): readonly number[] {
  return [...tables].sort((a, b) => (a & 255) - (b & 255));
}

async function showRoutes(run: IpRun, words: readonly string[]): Promise<number> {
  const filter = readFilter(run, words);
  const { table } = filter;
  if (table !== undefined && run.family !== 'inet6' && !knownTable(run, table)) {
    throw new ToolExit('Error: ipv4: FIB table does not exist.\nDump terminated\n', 2);
  }
  const entries = pickRoutes(run, filter).map((route) => routeEntry(run, route, filter.hidden));
  await show(run, entries);
  return 0;
}

/** A table exists once a route or a rule has named it. */
function knownTable(run: IpRun, table: number): boolean {
  if (table >= 253 && table <= 255) return true;
  const { fib } = run.netns;
  return [...fib.tableIds].includes(table) || fib.rules.some((rule) => rule.table === table);
}

async function flushRoutes(run: IpRun, words: readonly string[]): Promise<number> {
  if (words.length === 0) throw new ToolExit('"ip route flush" requires arguments.\n', 1);
  const filter = readFilter(run, words);
  if (filter.table !== undefined && !knownTable(run, filter.table))
    throw new ToolExit('Error: ipv4: FIB table does not exist.\nFlush terminated\n', 2);
  const place = placeOf(run);
  const rows = pickRoutes(run, filter);
  const kept = rows.filter(
    (route) => filter.table !== undefined || route.proto !== 'kernel' || words.length > 0,
  );
  const ops: KernelOp[] = kept.map(({ dev, dst, metric, table, type, via }) => ({
    op: 'route.del',
    ...place,
    dst,
    type,
    table,
    metric,
    ...(via === undefined ? {} : { via }),
    ...(dev === undefined ? {} : { dev: dev.name }),
  }));
  return applyOps(run, ops);
}

async function getRoute(run: IpRun, words: readonly string[]): Promise<number> {
  const args = new Args(words);
  let dst: Ip | undefined;
  let from: Ip | undefined;
  let iif: string | undefined;
  let oif: string | undefined;
  let mark = 0;
  let uid: number | undefined;
  let fibmatch = false;
  while (args.more) {
    const word = args.take();
    if (word === 'from') from = readAddress(run, args.value());
    else if (word === 'iif') iif = args.value();
    else if (matches(word, 'oif') || word === 'dev') oif = args.value();
    else if (matches(word, 'mark')) mark = markOf(args.value());
    else if (matches(word, 'uid')) uid = Number(args.value());
    else if (matches(word, 'fibmatch')) fibmatch = true;
    else if (matches(word, 'notify') || matches(word, 'connected')) continue;
    else if (/^(tos|dsfield|vrf|ipproto|sport|dport)$/.test(word)) args.value();
    else {
      const text = optional(args, word, { keyword: 'to', usage: ROUTE_USAGE });
      dst = await readDestination(run, text);
    }
  }
  if (dst === undefined) throw new ToolExit('need at least a destination address\n', 1);
  const question = {
    dst,
    src: from,
    iif: iif === undefined ? undefined : needDevice(run, iif),
    oif: oif === undefined ? undefined : needDevice(run, oif),
    mark,
  };
  const answer = routeGet(run.netns, question);
  if (!answer.ok) throw new ToolExit(`RTNETLINK answers: ${strerror(answer.error)}\n`, 2);
  const { entry } = answer.value;
  if (fibmatch && entry !== undefined) await show(run, [routeEntry(run, entry)]);
  else {
    const asked = { from, iif, mark, uid: uid ?? run.io.sys.uid };
    await show(run, [answerEntry(run, answer.value, asked)]);
  }
  return 0;
}

async function readDestination(run: IpRun, word: string): Promise<Ip> {
  if (word === 'default' || word === 'any' || word === 'all') return readAddress(run, '0.0.0.0');
  const [address = '', length] = word.split('/');
  const found = readAddress(run, address);
  const whole = isIpv4(found) ? 32 : 128;
  if (length !== undefined && Number(length) !== whole)
    await run.io.err(
      `Warning: /${length} as prefix is invalid, only /${whole} (or none) is supported.\n`,
    );
  return found;
}

function readAddress(run: IpRun, word: string): Ip {
  const address = parseIp(word);
  if (address.ok) return address.value;
  const what = run.family === 'inet' || run.family === 'inet6' ? run.family : 'any valid';
  throw new ToolExit(`Error: ${what} prefix is expected rather than "${word}".\n`, 1);
}

function markOf(word: string): number {
  if (/^(\d+|0x[0-9a-f]+)$/i.test(word)) return Number(word);
  throw wrongArgument(word, 'invalid mark');
}
