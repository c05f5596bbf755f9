/**
 * `arp`, `route`, `ifconfig` of net-tools 2.10 and of busybox, and `ethtool`.
 *
 * Fidelity: `ifconfig` and `route` change nothing (`ip` does); `ethtool` shows drivers, statistics of veth and whether a
 * link is detected.
 */
import {
  type AddressView,
  formatIp,
  formatIpv4,
  formatMac,
  ipv4,
  isIpv4,
  linkedDevice,
  maskOf4,
  type NetDevice,
  type NetNamespace,
  viewAddresses,
} from '../../../topology/index.js';
import { arpEntries } from '../fs/proc-net.js';
import { interfaceTable, routeTable } from './netstat.js';
import type { Tool, ToolIo } from './tool.js';

function withNetns(run: (io: ToolIo, netns: NetNamespace) => Promise<number>): Tool {
  return (io) => {
    const netns = io.guest.request.viewer?.netns();
    return netns === undefined ? io.fail('no kernel to ask') : run(io, netns);
  };
}

/** `arp`. */
export const arp = withNetns(async (io, netns) => {
  const letters = io.args.filter((arg) => /^-[a-z]/i.test(arg)).join('');
  const device = io.args[io.args.indexOf('-i') + 1];
  const only = io.args.includes('-i') ? device : undefined;
  const host = io.args.find((arg, at) => !arg.startsWith('-') && io.args[at - 1] !== '-i');
  const found = arpEntries(netns).filter(
    ({ entry }) =>
      (only === undefined || entry.device.name === only) &&
      (host === undefined || formatIp(entry.address) === host),
  );
  if (found.length === 0 && host !== undefined) {
    await io.out(
      io.busybox
        ? `? (${host}) -- no match found in ${netns.deviceList.length} entries\n`
        : `${host} (${host}) -- no entry\n`,
    );
    return io.busybox ? 1 : 0;
  }
  const bsd = io.busybox || letters.includes('a');
  if (!bsd && found.length > 0)
    await io.out(
      'Address                  HWtype  HWaddress           Flags Mask            Iface\n',
    );
  for (const { entry, flags } of found) {
    const address = formatIp(entry.address);
    const mac = entry.mac === undefined || flags === 0 ? undefined : formatMac(entry.mac);
    if (bsd) {
      const at = mac === undefined ? '<incomplete> ' : `${mac} [ether] `;
      const permanent = flags === 6 ? 'PERM ' : io.busybox && mac !== undefined ? ' ' : '';
      await io.out(`? (${address}) at ${at}${permanent}on ${entry.device.name}\n`);
    } else {
      const row =
        mac === undefined
          ? `        ${'(incomplete)'.padEnd(20)}${''.padEnd(22)}`
          : `${'ether'.padEnd(8)}${mac.padEnd(20)}${(flags === 6 ? 'CM' : 'C').padEnd(22)}`;
      await io.out(`${address.padEnd(25)}${row}${entry.device.name}\n`);
    }
  }
  return 0;
});

/** `route`. */
export const route = withNetns(async (io, netns) => {
  if (io.args.some((arg) => arg === 'add' || arg === 'del')) {
    await io.err('SIOCADDRT: Operation not permitted\n');
    return 7;
  }
  const letters = io.args.filter((arg) => arg.startsWith('-')).join('');
  const extended = !letters.includes('e');
  const names = !letters.includes('n');
  await io.out(routeTable(netns, { extended, busybox: io.busybox, names }));
  return 0;
});

/** `ifconfig`. */
export const ifconfig = withNetns(async (io, netns) => {
  if (io.args.includes('-s')) {
    await io.out(interfaceTable(netns).replace(/^.*\nIface {13}MTU {4}/, 'Iface      MTU    '));
    return 0;
  }
  const name = io.args.find((arg) => !arg.startsWith('-'));
  if (name !== undefined && netns.device(name) === undefined) {
    const prefix = io.busybox ? 'ifconfig: ' : '';
    await io.err(`${prefix}${name}: error fetching interface information: Device not found\n`);
    return 1;
  }
  if (name !== undefined && io.args.length > 1 && io.args[0] === name) {
    await io.err(`SIOCSIFFLAGS: Operation not permitted\n`);
    return 255;
  }
  const all = io.args.includes('-a');
  const devices = [...netns.deviceList]
    .filter((device) => (name === undefined ? all || device.up : device.name === name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const device of devices) await io.out(io.busybox ? busyboxText(device) : deviceText(device));
  return 0;
});

const IFF = {
  up: 1,
  broadcast: 2,
  loopback: 8,
  running: 0x40,
  noArp: 0x80,
  promisc: 0x100,
  multicast: 0x1000,
} as const;

function flagWords(device: NetDevice): {
  readonly bits: number;
  readonly words: readonly string[];
} {
  const loopback = device.kind === 'loopback';
  const rows: readonly (readonly [boolean, number, string])[] = [
    [device.up, IFF.up, 'UP'],
    [!loopback, IFF.broadcast, 'BROADCAST'],
    [loopback, IFF.loopback, 'LOOPBACK'],
    [device.up && device.carrier, IFF.running, 'RUNNING'],
    [device.kind === 'dummy', IFF.noArp, 'NOARP'],
    [device.promisc, IFF.promisc, 'PROMISC'],
    [!loopback && device.kind !== 'dummy', IFF.multicast, 'MULTICAST'],
  ];
  const set = rows.filter(([on]) => on);
  return {
    bits: set.reduce((sum, [, bit]) => sum + bit, 0),
    words: set.map(([, , word]) => word),
  };
}

function firstFour(device: NetDevice): AddressView | undefined {
  return viewAddresses(device).find(({ address }) => isIpv4(address));
}

function mask(own: AddressView): string {
  return formatIpv4(ipv4(maskOf4(own.prefixLength) >>> 0));
}

/** The SIOCGIFBRDADDR of an address. */
function broadcastText(own: AddressView): string {
  return own.broadcast === undefined ? '0.0.0.0' : formatIp(own.broadcast);
}

const SCOPE_WORDS = { global: '0x0<global>', link: '0x20<link>', host: '0x10<host>' } as const;

function deviceText(device: NetDevice): string {
  const { bits, words } = flagWords(device);
  const loopback = device.kind === 'loopback';
  let text = `${device.name}: flags=${bits}<${words.join(',')}>  mtu ${device.mtuBytes}\n`;
  const own = firstFour(device);
  if (own !== undefined) {
    const broadcast = loopback ? '' : `  broadcast ${broadcastText(own)}`;
    text += `        inet ${formatIp(own.address)}  netmask ${mask(own)}${broadcast}\n`;
  }
  for (const { address, prefixLength, scope } of viewAddresses(device)) {
    if (isIpv4(address)) continue;
    text += `        inet6 ${formatIp(address)}  prefixlen ${prefixLength}  scopeid ${SCOPE_WORDS[scope]}\n`;
  }
  text += loopback
    ? '        loop  txqueuelen 1000  (Local Loopback)\n'
    : `        ether ${formatMac(device.mac)}  txqueuelen 1000  (Ethernet)\n`;
  const { rxBytes, rxDropped, rxPackets, txBytes, txDropped, txPackets } = device.stats;
  text += `        RX packets ${rxPackets}  bytes ${rxBytes} (${human(rxBytes)})\n        RX errors 0  dropped ${rxDropped}  overruns 0  frame 0\n`;
  text += `        TX packets ${txPackets}  bytes ${txBytes} (${human(txBytes)})\n        TX errors 0  dropped ${txDropped} overruns 0  carrier 0  collisions 0\n`;
  return `${text}\n`;
}

/** Octets as ifconfig rounds them: down to one decimal. */
function human(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${(Math.floor(value * 10) / 10).toFixed(1)} ${units[unit]}`;
}

function busyboxText(device: NetDevice): string {
  const loopback = device.kind === 'loopback';
  const encapsulation = loopback
    ? 'Local Loopback  '
    : `Ethernet  HWaddr ${formatMac(device.mac).toUpperCase()}  `;
  let text = `${device.name.padEnd(9)} Link encap:${encapsulation}\n`;
  const own = firstFour(device);
  if (own !== undefined) {
    const broadcast = loopback ? '' : `  Bcast:${broadcastText(own)}`;
    text += `          inet addr:${formatIp(own.address)}${broadcast}  Mask:${mask(own)}\n`;
  }
  for (const { address, prefixLength, scope } of viewAddresses(device)) {
    if (isIpv4(address)) continue;
    text += `          inet6 addr: ${formatIp(address)}/${prefixLength} Scope:${scope.charAt(0).toUpperCase()}${scope.slice(1)}\n`;
  }
  const { rxBytes, rxDropped, rxPackets, txBytes, txDropped, txPackets } = device.stats;
  text += `          ${flagWords(device).words.join(' ')}  MTU:${device.mtuBytes}  Metric:1\n`;
  text += `          RX packets:${rxPackets} errors:0 dropped:${rxDropped} overruns:0 frame:0\n`;
  text += `          TX packets:${txPackets} errors:0 dropped:${txDropped} overruns:0 carrier:0\n`;
  text += `          collisions:0 txqueuelen:1000 \n          RX bytes:${rxBytes} (${human(rxBytes)})  TX bytes:${txBytes} (${human(txBytes)})\n`;
  return `${text}\n`;
}

/** `ethtool`. */
export const ethtool = withNetns(async (io, netns) => {
  const option = io.args.find((arg) => arg.startsWith('-'));
  const name = io.args.find((arg) => !arg.startsWith('-'));
  const device = name === undefined ? undefined : netns.device(name);
  if (name === undefined)
    return io.fail('bad command line argument(s)\nFor more information run ethtool -h', 1);
  if (device === undefined) {
    if (option === undefined) {
      const lines =
        'netlink error: no device matches name (offset 24)\nnetlink error: No such device\n';
      await io.err(`${lines.repeat(5)}No data available\n`);
      return 75;
    }
    const what =
      option === '-S' ? 'stats strings' : option === '-k' ? 'device feature names' : 'driver';
    await io.err(`Cannot get ${what} information: No such device\n`);
    return option === '-i' ? 71 : 1;
  }
  switch (option) {
    case '-i':
    case '--driver':
      return driverOf(io, device);
    case '-S':
    case '--statistics':
      return statisticsOf(io, device);
    case undefined:
      return settingsOf(io, device);
    default:
      return io.fail(`${option} is not modelled by podnet`, 1);
  }
});

/** Drivers by kind of device: name, version, firmware and bus as they tell. */
const DRIVERS: Readonly<Record<string, readonly [string, string, string, string]>> = {
  veth: ['veth', '1.0', '', ''],
  bridge: ['bridge', '2.3', 'N/A', 'N/A'],
  vxlan: ['vxlan', '0.1', '', ''],
  dummy: ['dummy', '', '', ''],
  macvlan: ['macvlan', '0.1', '', ''],
  cable: ['virtio_net', '1.0.0', '', '0000:00:03.0'],
};

async function driverOf(io: ToolIo, device: NetDevice): Promise<number> {
  const driver = DRIVERS[device.kind];
  if (driver === undefined) {
    await io.err('Cannot get driver information: Operation not supported\n');
    return 71;
  }
  const [name, version, firmware, bus] = driver;
  const counts = device.kind === 'veth' || device.kind === 'cable' ? 'yes' : 'no';
  await io.out(
    `driver: ${name}\nversion: ${version}\nfirmware-version: ${firmware}\nexpansion-rom-version: \nbus-info: ${bus}\nsupports-statistics: ${counts}\nsupports-test: no\nsupports-eeprom-access: no\nsupports-register-dump: no\nsupports-priv-flags: no\n`,
  );
  return 0;
}

async function statisticsOf(io: ToolIo, device: NetDevice): Promise<number> {
  if (device.kind !== 'veth') {
    await io.err('no stats available\n');
    return 94;
  }
  const queue = [
    'rx_queue_0_xdp_packets',
    'rx_queue_0_xdp_bytes',
    'rx_queue_0_drops',
    'rx_queue_0_xdp_redirect',
    'rx_queue_0_xdp_drops',
    'rx_queue_0_xdp_tx',
    'rx_queue_0_xdp_tx_errors',
    'tx_queue_0_xdp_xmit',
    'tx_queue_0_xdp_xmit_errors',
  ];
  const peer = linkedDevice(device)?.ifindex ?? 0;
  const rows = [`peer_ifindex: ${peer}`, ...queue.map((key) => `${key}: 0`)];
  await io.out(`NIC statistics:\n${rows.map((row) => `     ${row}\n`).join('')}`);
  return 0;
}

async function settingsOf(io: ToolIo, device: NetDevice): Promise<number> {
  const detected = device.up && device.carrier ? 'yes' : 'no';
  const plain = device.kind === 'loopback' || device.kind === 'dummy' || device.kind === 'vxlan';
  if (plain) {
    await io.out(`Settings for ${device.name}:\n\tLink detected: ${detected}\n`);
    return 0;
  }
  const veth = device.kind === 'veth';
  const modes = [
    'Supported ports: [  ]',
    'Supported link modes:   Not reported',
    'Supported pause frame use: No',
    'Supports auto-negotiation: No',
    'Supported FEC modes: Not reported',
    'Advertised link modes:  Not reported',
    'Advertised pause frame use: No',
    'Advertised auto-negotiation: No',
    'Advertised FEC modes: Not reported',
    'Speed: 10000Mb/s',
    `Duplex: ${veth ? 'Full' : 'Unknown! (255)'}`,
    'Auto-negotiation: off',
    `Port: ${veth ? 'Twisted Pair' : 'Other'}`,
    'PHYAD: 0',
    'Transceiver: internal',
    ...(veth ? ['MDI-X: Unknown'] : []),
    `Link detected: ${detected}`,
  ];
  await io.out(`Settings for ${device.name}:\n${modes.map((line) => `\t${line}\n`).join('')}`);
  return 0;
}
