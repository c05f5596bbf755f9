import {
  formatIp,
  formatMac,
  linkedDevice,
  linkFlags,
  type NetDevice,
  netnsIdOf,
  operState,
} from '../../../topology/index.js';
import { putBridge, putBridgePort } from './ip-link-bridge.js';
import type { IpRun } from './ip-run.js';
import { Entry, type Json } from './iproute-entry.js';

/** `group default qlen 1000`, as every device here has it. */
const QUEUE_LENGTH = 1000;

/** What a device shows of itself: with its `mode` when asked by `ip link`, without when by `ip addr`. */
export function linkEntry(run: IpRun, device: NetDevice, object: 'link' | 'address'): Entry {
  const entry = new Entry();
  const state = operState(device);
  putName(run, entry, device);
  const flags = linkFlags(device);
  entry.put('flags', flags, `<${flags.join(',')}> `);
  entry.put('mtu', device.mtuBytes, `mtu ${device.mtuBytes} `);
  const qdisc = qdiscOf(device);
  entry.put('qdisc', qdisc, `qdisc ${qdisc} `);
  const { master } = device;
  if (master !== undefined) entry.put('master', master.name, `master ${master.name} `);
  entry.put('operstate', state, `state ${state} `);
  if (object === 'link') entry.put('linkmode', 'DEFAULT', 'mode DEFAULT ');
  entry.put('group', 'default', 'group default ');
  entry.put('txqlen', QUEUE_LENGTH, `qlen ${QUEUE_LENGTH}`);
  if (run.family === 'any' || run.family === 'link' || run.options.details > 0)
    putAddresses(run, entry, device);
  putPeerNetns(run, entry, device);
  if (run.options.details > 0) putDetails(run, entry, device, object);
  entry.say('\n');
  if (run.options.stats > 0) putStats(run, entry, device);
  return entry;
}

/** The line of a device with `-br`, without what follows its state. */
export function briefEntry(run: IpRun, device: NetDevice): Entry {
  const entry = new Entry();
  const linked = linkedDevice(device);
  if (linked !== undefined) {
    if (linked.netns === device.netns) entry.put('link', linked.name);
    else entry.put('link_index', linked.ifindex);
  }
  entry.put('ifname', device.name, `${device.name}${linkSuffix(run, device)}`.padEnd(17));
  entry.text = entry.text.replace(/^(\S{16})\S* *$/, '$1 ').padEnd(17);
  const state = operState(device);
  entry.put('operstate', state, `${state.padEnd(14)} `);
  return entry;
}

function putName(run: IpRun, entry: Entry, device: NetDevice): void {
  entry.put('ifindex', device.ifindex, `${device.ifindex}: `);
  const linked = linkedDevice(device);
  if (linked !== undefined) {
    if (linked.netns === device.netns) entry.put('link', linked.name);
    else entry.put('link_index', linked.ifindex);
  }
  entry.put('ifname', device.name, `${device.name}${linkSuffix(run, device)}: `);
}

function linkSuffix(_run: IpRun, device: NetDevice): string {
  const linked = linkedDevice(device);
  if (linked === undefined) return '';
  return linked.netns === device.netns ? `@${linked.name}` : `@if${linked.ifindex}`;
}

/**
 * The queueing discipline: `noop` until a device first goes up, then none for virtual ones.
 *
 * Fidelity: a network card has fq_codel, systemd's default, whatever its driver's queues.
 */
function qdiscOf(device: NetDevice): string {
  if (device.kind === 'cable') return 'fq_codel';
  return device.activated ? 'noqueue' : 'noop';
}

function putAddresses(run: IpRun, entry: Entry, device: NetDevice): void {
  const loopback = device.kind === 'loopback';
  const type = loopback ? 'loopback' : 'ether';
  const broadcast = loopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff';
  entry.put('link_type', type, `${run.newline}    link/${type} `);
  entry.put('address', formatMac(device.mac), formatMac(device.mac));
  entry.put('broadcast', broadcast, ` brd ${broadcast}`);
}

function putPeerNetns(run: IpRun, entry: Entry, device: NetDevice): void {
  const linked = linkedDevice(device);
  if (linked === undefined || linked.netns === device.netns) return;
  const id = netnsIdOf(device.netns, linked.netns);
  const name = run.nameOf(linked.netns);
  entry.put('link_netnsid', id, name === '' ? ` link-netnsid ${id}` : ` link-netns ${name}`);
}

function putDetails(run: IpRun, entry: Entry, device: NetDevice, object: 'link' | 'address'): void {
  const loopback = device.kind === 'loopback';
  const promiscuity = (device.port === undefined ? 0 : 1) + (device.promisc ? 1 : 0);
  entry.put('promiscuity', promiscuity, ` promiscuity ${promiscuity} `);
  const allmulti = device.port === undefined ? 0 : 1;
  entry.put('allmulti', allmulti, ` allmulti ${allmulti} `);
  entry.put('min_mtu', loopback ? 0 : 68, `minmtu ${loopback ? 0 : 68} `);
  entry.put('max_mtu', loopback ? 0 : 65535, `maxmtu ${loopback ? 0 : 65535} `);
  putKind(run, entry, device);
  if (object === 'link') entry.put('inet6_addr_gen_mode', 'eui64', 'addrgenmode eui64 ');
  const queues = device.kind === 'veth' ? 2 : 1;
  entry.put('num_tx_queues', queues, `numtxqueues ${queues} `);
  entry.put('num_rx_queues', queues, `numrxqueues ${queues} `);
  const tso = segmentationOf(device);
  entry.put('gso_max_size', 65536, 'gso_max_size 65536 ');
  entry.put('gso_max_segs', 65535, 'gso_max_segs 65535 ');
  entry.put('tso_max_size', tso, `tso_max_size ${tso} `);
  entry.put('tso_max_segs', 65535, 'tso_max_segs 65535 ');
  entry.put('gro_max_size', 65536, 'gro_max_size 65536 ');
}

/** What a device may hand down in one piece: stacked devices take it from those below. */
function segmentationOf(device: NetDevice): number {
  const { deviceList } = device.netns;
  const { spec } = device;
  if (device.kind === 'bridge')
    return deviceList.some((each) => each.master === device) ? 524280 : 65536;
  if (device.kind === 'cable' || (spec?.type === 'vxlan' && spec.dev === undefined)) return 65536;
  return 524280;
}

function putKind(run: IpRun, entry: Entry, device: NetDevice): void {
  const { port, spec } = device;
  if (spec === undefined && device.kind !== 'veth') return;
  const info = new Entry();
  info.put('info_kind', device.kind, `${run.newline}    ${device.kind} `);
  const data = new Entry();
  if (device.kind === 'bridge') putBridge(data, device);
  else if (spec?.type === 'vxlan') {
    data.put('id', spec.vni, `id ${spec.vni} `);
    if (spec.local !== undefined)
      data.put('local', formatIp(spec.local), `local ${formatIp(spec.local)} `);
    if (spec.dev !== undefined) data.put('link', spec.dev, `dev ${spec.dev} `);
    data.put('port_range', { low: 0, high: 0 }, 'srcport 0 0 ');
    data.put('port', spec.dstPort, `dstport ${spec.dstPort} `);
    data.put('learning', spec.learning, spec.learning ? '' : 'nolearning ');
    data.put('ttl', 0, 'ttl auto ');
    data.put('df', 'unset');
    data.put('ageing', 300, 'ageing 300 ');
    data.put('udp_csum', true, 'udpcsum ');
    data.put('udp_zero_csum6_tx', false, 'noudp6zerocsumtx ');
    data.put('udp_zero_csum6_rx', false, 'noudp6zerocsumrx ');
  } else if (spec?.type === 'macvlan') {
    data.put('mode', spec.mode, `mode ${spec.mode} `);
    data.put('bcqueuelen', 1000, 'bcqueuelen 1000 ');
    data.put('usedbcqueuelen', 1000, 'usedbcqueuelen 1000 ');
  }
  info.say(data.text);
  if (Object.keys(data.fields).length > 0) info.put('info_data', data.fields);
  if (port !== undefined) {
    const slave = new Entry();
    putBridgePort(slave, port, device.netns);
    info.put('info_slave_kind', 'bridge', `${run.newline}    bridge_slave `);
    info.put('info_slave_data', slave.fields, slave.text);
  }
  entry.put('linkinfo', info.fields, info.text);
}

/** Counters as print_stats64 lays them out. */
export function putStats(run: IpRun, entry: Entry, device: NetDevice): void {
  const { rxBytes, rxDropped, rxPackets, txBytes, txDropped, txPackets } = device.stats;
  const detailed = run.options.stats > 1;
  const rx = [rxBytes, rxPackets, 0, rxDropped, 0, 0];
  const tx = [txBytes, txPackets, 0, txDropped, 0, 0];
  const widths = [10, 7, 6, 7, 7, 7].map((width, column) =>
    Math.max(width, String(rx[column]).length, String(tx[column]).length),
  );
  const [first = 10] = widths;
  const cells = (values: readonly (string | number)[], from = 0) =>
    values.map((value, index) => String(value).padStart(widths[index + from] ?? 7)).join(' ');
  const { newline } = run;
  const errorCells = `    ${' '.repeat(first)} ${cells([0, 0, 0, 0, 0], 1)} `;
  const head = (name: string, titles: readonly string[]) =>
    `    ${name}: ${'bytes'.padStart(first - 4)} ${cells(titles, 1)} ${' '.repeat(10)}${newline}`;
  let text = head('RX', ['packets', 'errors', 'dropped', 'missed', 'mcast']);
  text += `    ${cells(rx)} `;
  if (detailed) {
    const titles = cells(['length', 'crc', 'frame', 'fifo', 'overrun'], 1);
    text += `${newline}    RX errors:${' '.repeat(first - 10)} ${titles}${newline}${errorCells}`;
  }
  text += newline + head('TX', ['packets', 'errors', 'dropped', 'carrier', 'collsns']);
  text += `    ${cells(tx)} `;
  if (detailed) {
    const titles = cells(['aborted', 'fifo', 'window', 'heartbt', 'transns'], 1);
    text += `${newline}    TX errors:${' '.repeat(first - 10)} ${titles}${newline}${errorCells}`;
  }
  entry.put('stats64', {
    rx: { ...counters(rx, ['over_errors', 'multicast']), ...(detailed ? RX_ERRORS : {}) },
    tx: { ...counters(tx, ['carrier_errors', 'collisions']), ...(detailed ? TX_ERRORS : {}) },
  });
  entry.say(`${text}\n`);
}

function counters(values: readonly number[], last: readonly string[]): Record<string, Json> {
  const names = ['bytes', 'packets', 'errors', 'dropped', ...last];
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? 0]));
}

const RX_ERRORS = {
  length_errors: 0,
  crc_errors: 0,
  frame_errors: 0,
  fifo_errors: 0,
  missed_errors: 0,
} as const;

const TX_ERRORS = {
  aborted_errors: 0,
  fifo_errors: 0,
  window_errors: 0,
  heartbeat_errors: 0,
  carrier_changes: 2,
} as const;
