/**
 * `ip` of busybox 1.35.
 *
 * Fidelity: changes are read as iproute2 reads them; tunnels are refused.
 */
import {
  ERRNO,
  formatIp,
  formatMac,
  isCidr4,
  isIpv4,
  linkedDevice,
  linkFlags,
  type NetDevice,
  type NetNamespace,
  parseIp,
  parseWords,
  type RouteEntry,
  routeGet,
  routesInOrder,
  ruleLine,
  strerror,
  viewAddresses,
} from '../../../topology/index.js';
import type { KernelViewer } from '../contract.js';
import { hasCapability } from './capability.js';
import { prefixText } from './ip-route-entry.js';
import { Args, firstMatch, ToolExit } from './ip-run.js';
import type { ToolIo } from './tool.js';
import { usageText } from './usage.js';

const USAGE = usageText('ip [-4|-6|-f FAMILY] [-o] address|link|route|neigh|rule ...');

interface Run {
  readonly io: ToolIo;
  readonly viewer: KernelViewer;
  readonly netns: NetNamespace;
  readonly family: 'any' | 'inet' | 'inet6';
  readonly oneline: boolean;
}

/** Runs the applet; throws `ToolExit` with its last words. */
export async function busyboxIp(io: ToolIo, viewer: KernelViewer): Promise<number> {
  const args = new Args(io.args);
  let family: Run['family'] = 'any';
  let oneline = false;
  while (args.more && args.peek.startsWith('-')) {
    const option = args.take();
    if (option === '-4' || option === '-6') family = option === '-4' ? 'inet' : 'inet6';
    else if (option.startsWith('-o')) oneline = true;
    else if (option.startsWith('-f')) family = args.take() === 'inet6' ? 'inet6' : 'inet';
    else if (!option.startsWith('-0')) throw new ToolExit(USAGE, 1);
  }
  const netns = viewer.netns();
  if (netns === undefined) throw new ToolExit('ip: no kernel to ask\n', 1);
  const run: Run = { io, viewer, netns, family, oneline };
  const objects = ['address', 'route', 'link', 'tunnel', 'tunl', 'neigh', 'rule'] as const;
  const object = firstMatch(args.take(), objects);
  const words: string[] = [];
  while (args.more) words.push(args.take());
  switch (object) {
    case 'address':
      return address(run, words);
    case 'link':
      return link(run, words);
    case 'route':
      return route(run, words);
    case 'neigh':
      return neigh(run, words);
    case 'rule':
      return rule(run, words);
    default:
      throw new ToolExit(USAGE, 1);
  }
}

/** Reads a change as iproute2 does, and words what failed as busybox does. */
async function change({ io, netns, viewer }: Run, words: readonly string[]): Promise<number> {
  const parsed = parseWords(['ip', ...words], '', netns.name === '' ? undefined : netns.name);
  if (!parsed.ok) throw new ToolExit(`ip: ${parsed.error.message.replace(/^Error: /, '')}\n`, 1);
  for (const op of parsed.value) {
    const name = 'dev' in op ? op.dev : undefined;
    if (name !== undefined && netns.device(name) === undefined)
      throw new ToolExit(`ip: can't find device '${name}'\n`, 1);
    const set = op.op === 'link.set' ? op.name : undefined;
    if (set !== undefined && netns.device(set) === undefined)
      throw new ToolExit('ip: SIOCGIFFLAGS: No such device\n', 2);
  }
  if (!hasCapability(io, 'NET_ADMIN')) {
    const call = parsed.value[0]?.op === 'link.set' ? 'ioctl 0x8914 failed' : 'RTNETLINK answers';
    throw new ToolExit(`ip: ${call}: Operation not permitted\n`, call.startsWith('ioctl') ? 1 : 2);
  }
  const applied = viewer.apply(parsed.value);
  if (!applied.ok)
    throw new ToolExit(`ip: RTNETLINK answers: ${errnoWords(applied.error.errno)}\n`, 2);
  return 0;
}

/** busybox knows the number alone, not the kernel's own text. */
function errnoWords(errno: string): string {
  const row = Object.entries(ERRNO).find(([name]) => name === errno);
  return row?.[1][1] ?? errno;
}

async function address(run: Run, words: readonly string[]): Promise<number> {
  const verbs = [
    'add',
    'change',
    'chg',
    'replace',
    'delete',
    'list',
    'show',
    'lst',
    'flush',
  ] as const;
  const verb = words[0] === undefined ? 'show' : firstMatch(words[0], verbs);
  if (verb === undefined) throw new ToolExit(`ip: invalid argument '${words[0]}' to 'ip'\n`, 1);
  if (verb !== 'list' && verb !== 'show' && verb !== 'lst')
    return change(run, ['address', verb, ...words.slice(1)]);
  for (const device of devicesOf(run, words.slice(1))) {
    const own = viewAddresses(device).filter(({ address: each }) =>
      run.family === 'any' ? true : isIpv4(each) === (run.family === 'inet'),
    );
    if (run.family !== 'any' && own.length === 0) continue;
    if (!run.oneline) await run.io.out(linkText(run, device));
    for (const { address: each, broadcast, prefixLength, scope, secondary } of own) {
      const family = isIpv4(each) ? 'inet' : 'inet6';
      const brd = broadcast === undefined ? '' : ` brd ${formatIp(broadcast)}`;
      const flags = secondary && family === 'inet' ? ' secondary' : '';
      const label = family === 'inet' ? ` ${device.name}` : ' ';
      const start = run.oneline ? `${device.ifindex}: ${device.name}` : '';
      const line = `${start}    ${family} ${formatIp(each)}/${prefixLength}${brd} scope ${scope}${flags}${label}`;
      await run.io.out(
        `${line}${run.oneline ? '\\' : '\n'}       valid_lft forever preferred_lft forever\n`,
      );
    }
  }
  return 0;
}

async function link(run: Run, words: readonly string[]): Promise<number> {
  const verbs = ['add', 'delete', 'set', 'show', 'lst', 'list'] as const;
  const verb = words[0] === undefined ? 'show' : firstMatch(words[0], verbs);
  if (verb === undefined) throw new ToolExit(`ip: invalid argument '${words[0]}' to 'ip'\n`, 1);
  if (verb === 'add' || verb === 'delete' || verb === 'set')
    return change(run, ['link', verb, ...words.slice(1)]);
  for (const device of devicesOf(run, words.slice(1))) await run.io.out(linkText(run, device));
  return 0;
}

function devicesOf({ netns }: Run, words: readonly string[]): readonly NetDevice[] {
  const name = words.find((word) => word !== 'dev' && word !== 'up');
  if (name === undefined) return netns.deviceList.filter(({ up }) => !words.includes('up') || up);
  const device = netns.device(name);
  if (device === undefined) throw new ToolExit(`ip: can't find device '${name}'\n`, 1);
  return [device];
}

function linkText(run: Run, device: NetDevice): string {
  const linked = linkedDevice(device);
  // busybox looks the other end's index up among the devices here, wherever it really is.
  const there = linked === undefined ? undefined : run.netns.deviceByIndex(linked.ifindex);
  // Asked for IPv6 alone, the kernel tells less of a device.
  const six = run.family === 'inet6';
  const suffix = linked === undefined || six ? '' : `@${there?.name ?? `if${linked.ifindex}`}`;
  const flags = linkFlags(device).filter((flag) => flag !== 'M-DOWN');
  if (linked !== undefined && !six && there?.up !== true) flags.push('M-DOWN');
  const qdisc = device.kind === 'cable' ? 'fq_codel' : device.activated ? 'noqueue' : 'noop';
  const master = device.master === undefined ? '' : ` master ${device.master.name}`;
  const end = run.oneline ? '\\' : '\n';
  const head = `${device.ifindex}: ${device.name}${suffix}: <${flags.join(',')}> mtu ${device.mtuBytes}${six ? '' : ` qdisc ${qdisc}${master}`} qlen 1000`;
  if (run.family !== 'any') return `${head}\n`;
  const loopback = device.kind === 'loopback';
  const type = loopback ? 'loopback' : 'ether';
  const broadcast = loopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff';
  return `${head}${end}    link/${type} ${formatMac(device.mac)} brd ${broadcast}\n`;
}

const TABLES: Readonly<Record<string, number>> = { local: 255, main: 254, default: 253 };

async function route(run: Run, words: readonly string[]): Promise<number> {
  const verbs = [
    'add',
    'append',
    'change',
    'chg',
    'delete',
    'get',
    'list',
    'show',
    'prepend',
    'replace',
    'test',
    'flush',
  ] as const;
  const verb = words[0] === undefined ? 'list' : firstMatch(words[0], verbs);
  if (verb === undefined) throw new ToolExit(`ip: invalid argument '${words[0]}' to 'ip'\n`, 1);
  if (verb === 'get') return getRoute(run, words.slice(1));
  if (verb !== 'list' && verb !== 'show')
    return change(run, [
      ...(run.family === 'inet6' ? ['-6'] : []),
      'route',
      verb,
      ...words.slice(1),
    ]);
  const args = new Args(words.slice(1));
  let table: number | undefined = 254;
  let dev: string | undefined;
  let prefix: string | undefined;
  while (args.more) {
    const word = args.take();
    if (word === 'table') {
      const name = args.take();
      table = name === 'all' ? undefined : (TABLES[name] ?? Number(name));
    } else if (word === 'dev' || word === 'oif') dev = args.take();
    else if (word !== 'to' && word !== 'exact') prefix = word;
  }
  const tables = table === undefined ? [...run.netns.fib.tableIds] : [table];
  for (const row of tables.flatMap((each) => routesInOrder(run.netns, each))) {
    if (isCidr4(row.dst) === (run.family === 'inet6')) continue;
    if (dev !== undefined && row.dev?.name !== dev) continue;
    if (prefix !== undefined && prefixText(row.dst) !== prefix) continue;
    await run.io.out(routeText(row, table === undefined));
  }
  return 0;
}

function routeText(row: RouteEntry, withTable: boolean): string {
  const six = !isCidr4(row.dst);
  const words = [row.type === 'unicast' ? '' : `${row.type} `, `${prefixText(row.dst)} `];
  if (row.via !== undefined) words.push(`via ${formatIp(row.via)} `);
  const dev = row.dev?.name ?? (six ? 'lo' : undefined);
  if (dev !== undefined) words.push(`dev ${dev} `);
  if (withTable && row.table !== 254)
    words.push(`table ${row.table === 255 ? 'local' : row.table} `);
  if (row.scope !== 'global' && !six) words.push(`scope ${row.scope} `);
  if (row.prefSrc !== undefined && !six) words.push(` src ${formatIp(row.prefSrc)} `);
  if (row.metric !== 0 || six) words.push(` metric ${row.metric} `);
  return `${words.join('')}\n`;
}

async function getRoute(run: Run, words: readonly string[]): Promise<number> {
  const args = new Args(words);
  let dst: string | undefined;
  let from: string | undefined;
  let iif: string | undefined;
  let oif: string | undefined;
  while (args.more) {
    const word = args.take();
    if (word === 'from') from = args.take();
    else if (word === 'iif') iif = args.take();
    else if (word === 'oif' || word === 'dev') oif = args.take();
    else dst = word === 'to' ? args.take() : word;
  }
  if (dst === undefined) throw new ToolExit('ip: need at least destination address\n', 1);
  const to = parseIp(dst.replace(/\/.*/, ''));
  const source = from === undefined ? undefined : parseIp(from);
  if (!to.ok || source?.ok === false)
    throw new ToolExit(`ip: invalid argument '${dst}' to 'inet prefix'\n`, 1);
  const answer = routeGet(run.netns, {
    dst: to.value,
    src: source?.value,
    iif: iif === undefined ? undefined : run.netns.device(iif),
    oif: oif === undefined ? undefined : run.netns.device(oif),
  });
  if (!answer.ok) throw new ToolExit(`ip: RTNETLINK answers: ${strerror(answer.error)}\n`, 2);
  const { dev, src, type, via } = answer.value;
  const kind = type === 'unicast' ? '' : `${type} `;
  const by = via === undefined ? '' : `via ${formatIp(via)} `;
  const origin = from === undefined ? '' : `from ${from} `;
  const own = src === undefined || from !== undefined ? '' : ` src ${formatIp(src)} `;
  await run.io.out(`${kind}${formatIp(to.value)} ${origin}${by}dev ${dev.name} ${own}\n`);
  return 0;
}

async function neigh(run: Run, words: readonly string[]): Promise<number> {
  const verb = words[0] === undefined ? 'show' : firstMatch(words[0], ['show', 'flush'] as const);
  if (verb === undefined) throw new ToolExit(`ip: invalid argument '${words[0]}' to 'ip'\n`, 1);
  const args = new Args(words.slice(1));
  let dev: string | undefined;
  let to: string | undefined;
  while (args.more) {
    const word = args.take();
    if (word === 'dev') dev = args.take();
    else to = word === 'to' ? args.take() : word;
  }
  if (verb === 'flush') return change(run, ['neigh', 'flush', ...words.slice(1)]);
  const { netns } = run;
  for (const device of netns.deviceList) {
    if (dev !== undefined && device.name !== dev) continue;
    for (const entry of device.neighbors.values()) {
      const state = netns.neighbors.stateOf(entry);
      if (state === 'noarp' || (to !== undefined && formatIp(entry.address) !== to)) continue;
      const seconds = (thenNs: number) => Math.max(0, Math.floor((netns.nowNs - thenNs) / 1e9));
      const where = dev === undefined ? ` dev ${device.name}` : '';
      const mac = entry.mac === undefined ? '' : ` lladdr ${formatMac(entry.mac)}`;
      const references = entry.queue === undefined && state !== 'reachable' ? '' : ' ref 1';
      const used = `used ${seconds(entry.usedNs)}/${seconds(entry.confirmedNs)}/${seconds(entry.updatedNs)}`;
      await run.io.out(
        `${formatIp(entry.address)}${where}${mac}${references} ${used} probes ${entry.probes} ${state.toUpperCase()}\n`,
      );
    }
  }
  return 0;
}

async function rule(run: Run, words: readonly string[]): Promise<number> {
  const verbs = ['add', 'delete', 'list', 'show', 'lst', 'flush'] as const;
  const verb = words[0] === undefined ? 'list' : firstMatch(words[0], verbs);
  if (verb === undefined) throw new ToolExit(`ip: invalid argument '${words[0]}' to 'ip'\n`, 1);
  if (verb === 'add' || verb === 'delete' || verb === 'flush')
    return change(run, ['rule', verb, ...words.slice(1)]);
  for (const each of run.netns.fib.rules) await run.io.out(`${ruleLine(each)} \n`);
  return 0;
}
