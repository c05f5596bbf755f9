/**
 * `bridge` of iproute2 6.1: ports and forwarding databases.
 *
 * Fidelity: VLAN filtering and multicast databases are empty, as without `vlan_filtering` and snooping; `monitor` prints nothing.
 */
import {
  bridgeOf,
  formatIp,
  formatMac,
  linkFlags,
  type NetDevice,
  portStateName,
  tunnelEntries,
} from '../../../topology/index.js';
import type { KernelViewer } from '../contract.js';
import { forwardingSwitches, putSwitches } from './ip-link-bridge.js';
import { linkGroupsOf } from './ip-maddr.js';
import {
  Args,
  change,
  EXIT_USAGE,
  firstMatch,
  type IpRun,
  kernelTool,
  matches,
  needDevice,
  needNetns,
  show,
  ToolExit,
} from './ip-run.js';
import { Entry } from './iproute-entry.js';
import { BRIDGE_USAGE } from './iproute-usage.js';
import type { Tool, ToolIo } from './tool.js';

const VERSION = 'bridge utility, 6.1.0\n';

const OBJECTS = ['link', 'fdb', 'mdb', 'vlan', 'monitor', 'help', 'vni', 'mst'] as const;

const OPTIONS = [
  '-help',
  '-Version',
  '-stats',
  '-statistics',
  '-details',
  '-oneline',
  '-timestamp',
  '-family',
  '-4',
  '-6',
  '-netns',
  '-color',
  '-compressvlans',
  '-force',
  '-json',
  '-pretty',
  '-batch',
] as const;

/** `bridge`. */
export const bridge: Tool = kernelTool(runBridge);

async function runBridge(io: ToolIo, viewer: KernelViewer): Promise<number> {
  const run = { json: false, pretty: false, oneline: false, details: 0, stats: 0 };
  const args = new Args(io.args);
  let name: string | undefined;
  while (args.more && args.peek.startsWith('-')) {
    const option = args.take().replace(/^--/, '-');
    switch (firstMatch(option, OPTIONS)) {
      case '-help':
        throw new ToolExit(BRIDGE_USAGE, EXIT_USAGE);
      case '-Version':
        await io.out(VERSION);
        return 0;
      case '-stats':
      case '-statistics':
        run.stats++;
        break;
      case '-details':
        run.details++;
        break;
      case '-oneline':
        run.oneline = true;
        break;
      case '-json':
        run.json = true;
        break;
      case '-pretty':
        run.pretty = true;
        break;
      case '-netns':
        name = args.value();
        break;
      case '-family':
      case '-batch':
        args.value();
        break;
      case undefined:
        throw new ToolExit(`Option "${option}" is unknown, try "bridge help".\n`, EXIT_USAGE);
      default:
        break;
    }
  }
  const netns = needNetns(viewer, name);
  const ip: IpRun = {
    io,
    viewer,
    netns,
    family: 'any',
    options: { ...run, brief: false, numeric: false },
    newline: run.oneline ? '\\' : '\n',
    nameOf: () => '',
  };
  const object = args.take();
  const words: string[] = [];
  while (args.more) words.push(args.take());
  switch (object === '' ? 'help' : firstMatch(object, OBJECTS)) {
    case 'link':
      return bridgeLink(ip, words);
    case 'fdb':
      return bridgeFdb(ip, words);
    case 'vlan':
      if (!run.json) await io.out('port              vlan-id  \n');
      else await show(ip, []);
      return 0;
    case 'mdb':
      if (run.json) await io.out('[{"mdb":[],"router":{}}]\n');
      return 0;
    case 'monitor':
      return new Promise(() => undefined);
    case 'help':
      throw new ToolExit(BRIDGE_USAGE, EXIT_USAGE);
    case undefined:
      throw new ToolExit(`Object "${object}" is unknown, try "bridge help".\n`, EXIT_USAGE);
    default:
      throw new ToolExit(`bridge ${object}: not modelled by podnet\n`, EXIT_USAGE);
  }
}

async function bridgeLink(run: IpRun, words: readonly string[]): Promise<number> {
  const [word, ...rest] = words;
  const verb =
    word === undefined
      ? 'show'
      : firstMatch(word, ['set', 'change', 'show', 'lst', 'list', 'help']);
  if (verb === 'set' || verb === 'change') return change(run, ['bridge', 'link', 'set', ...rest]);
  if (verb === undefined || verb === 'help')
    throw new ToolExit(`Command "${word}" is unknown, try "bridge link help".\n`, EXIT_USAGE);
  const args = new Args(rest);
  let device: NetDevice | undefined;
  while (args.more) {
    const name = args.take();
    device = needDevice(run, name === 'dev' ? args.value() : name, EXIT_USAGE);
  }
  const ports = run.netns.deviceList.filter(
    (each) => each.port !== undefined && (device === undefined || each === device),
  );
  await show(
    run,
    ports.map((port) => linkEntry(run, port)),
  );
  return 0;
}

function linkEntry(run: IpRun, device: NetDevice): Entry {
  const entry = new Entry();
  const { port } = device;
  const master = device.master?.name ?? '';
  entry.put('ifindex', device.ifindex, `${device.ifindex}: `);
  // The device that a port is tied to is its bridge here.
  entry.put('link', master);
  entry.put('ifname', device.name, `${device.name}@${master}: `);
  const flags = linkFlags(device).filter((flag) => flag !== 'M-DOWN');
  entry.put('flags', flags, `<${flags.join(',')}> `);
  entry.put('mtu', device.mtuBytes, `mtu ${device.mtuBytes} `);
  entry.put('master', master, `master ${master} `);
  const state = portStateName(port?.state ?? 0);
  entry.put('state', state, `state ${state} `);
  entry.put('priority', 32, 'priority 32 ');
  entry.put('cost', 2, 'cost 2 ');
  if (run.options.details > 0 && port !== undefined) {
    entry.say(`${run.newline}    `);
    putSwitches(entry, [...forwardingSwitches(port), ['mcast_flood', true], ['bcast_flood', true]]);
    entry.put('mcast_router', 1, 'mcast_router 1 ');
    putSwitches(entry, [
      ['mcast_to_unicast', false],
      ['neigh_suppress', false],
      ['vlan_tunnel', false],
      ['isolated', port.isolated],
      ['locked', false],
    ]);
  }
  entry.say('\n');
  return entry;
}

/** One row of `bridge fdb`. */
interface FdbRow {
  readonly mac: string;
  readonly dev: NetDevice;
  readonly dst?: string;
  readonly self: boolean;
  readonly master?: string;
  readonly state: string;
  readonly ageSeconds: number;
}

async function bridgeFdb(run: IpRun, words: readonly string[]): Promise<number> {
  const [word, ...rest] = words;
  const verbs = [
    'add',
    'append',
    'replace',
    'delete',
    'show',
    'lst',
    'list',
    'get',
    'flush',
    'help',
  ] as const;
  const verb = word === undefined ? 'show' : firstMatch(word, verbs);
  switch (verb) {
    case 'show':
    case 'lst':
    case 'list':
      return showFdb(run, rest);
    case 'get':
      return getFdb(run, rest);
    case undefined:
    case 'help':
      throw new ToolExit(`Command "${word}" is unknown, try "bridge fdb help".\n`, EXIT_USAGE);
    default:
      return change(run, ['bridge', 'fdb', verb, ...rest]);
  }
}

async function showFdb(run: IpRun, words: readonly string[]): Promise<number> {
  const args = new Args(words);
  let master: NetDevice | undefined;
  let device: NetDevice | undefined;
  const wants: ((row: FdbRow) => boolean)[] = [];
  while (args.more) {
    const word = args.take();
    if (word === 'brport' || word === 'dev') device = needDevice(run, args.value(), EXIT_USAGE);
    else if (word === 'br') master = needDevice(run, args.value(), EXIT_USAGE);
    else if (word === 'vlan') args.value();
    else if (word === 'state') {
      const state = args.value();
      wants.push((row) => row.state === state);
    } else if (word === 'dynamic') wants.push((row) => row.state === '');
    else if (matches(word, 'help')) throw new ToolExit(BRIDGE_USAGE, EXIT_USAGE);
    else device = needDevice(run, word, EXIT_USAGE);
  }
  const rows = run.netns.deviceList
    .filter((each) => device === undefined || each === device)
    .filter((each) => master === undefined || each === master || each.master === master)
    .flatMap((each) => rowsOf(run, each))
    .filter((row) => wants.every((want) => want(row)));
  await show(
    run,
    rows.map((row) => rowEntry(run, row, device !== undefined)),
  );
  return 0;
}

async function getFdb(run: IpRun, words: readonly string[]): Promise<number> {
  const [mac = '', ...rest] = words;
  const at = rest.findIndex((word) => word === 'dev' || word === 'br' || word === 'brport');
  const name = rest[at + 1];
  if (at < 0 || name === undefined)
    throw new ToolExit('Device and address are required arguments.\n', EXIT_USAGE);
  const device = needDevice(run, name, EXIT_USAGE);
  const candidates = [device, ...run.netns.deviceList.filter((each) => each.master === device)];
  const found = candidates.flatMap((each) => rowsOf(run, each)).find((row) => row.mac === mac);
  if (found === undefined) throw new ToolExit('Error: Fdb entry not found.\n', 254);
  await show(run, [rowEntry(run, found, false)]);
  return 0;
}

/** Rows of one device as the kernel dumps them: the bridge's about the device, the newest first, then its own. */
function rowsOf(run: IpRun, device: NetDevice): readonly FdbRow[] {
  const own: FdbRow[] = linkGroupsOf(device).map((mac) => ({
    mac,
    dev: device,
    self: true,
    state: 'permanent',
    ageSeconds: 0,
  }));
  const tunnel: FdbRow[] = tunnelEntries(device).map(({ ageSeconds, dst, mac, permanent }) => ({
    mac: formatMac(mac),
    dev: device,
    dst: formatIp(dst),
    self: true,
    state: permanent ? 'permanent' : '',
    ageSeconds,
  }));
  const bridged = bridgeOf(device) ?? device.port?.bridge;
  if (bridged === undefined) return [...tunnel, ...(tunnel.length > 0 ? [] : own)];
  const { nowNs } = run.netns;
  const rows = [...bridged.fdb.all]
    .filter((entry) => entry.port === device.port && entry.alive(nowNs))
    .reverse()
    .map((entry) => ({
      mac: formatMac(entry.mac),
      dev: device,
      self: false,
      master: bridged.device.name,
      state: entry.local ? 'permanent' : entry.permanent ? 'static' : '',
      ageSeconds: Math.floor((nowNs - entry.seenNs) / 1e9),
    }));
  return device.port === undefined ? [...own, ...rows] : [...rows, ...tunnel, ...own];
}

function rowEntry(run: IpRun, row: FdbRow, hideDevice: boolean): Entry {
  const entry = new Entry();
  entry.put('mac', row.mac, `${row.mac} `);
  if (!hideDevice) entry.put('ifname', row.dev.name, `dev ${row.dev.name} `);
  if (row.dst !== undefined) entry.put('dst', row.dst, `dst ${row.dst} `);
  if (run.options.stats > 0 && (!row.self || row.dst !== undefined)) {
    entry.put('used', row.ageSeconds, `used ${row.ageSeconds}/`);
    entry.put('updated', row.ageSeconds, `${row.ageSeconds} `);
  }
  entry.put('flags', row.self ? ['self'] : [], row.self ? 'self ' : '');
  if (row.master !== undefined) entry.put('master', row.master, `master ${row.master} `);
  entry.put('state', row.state, row.state);
  entry.say('\n');
  return entry;
}
