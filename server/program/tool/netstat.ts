/**
 * `netstat` of net-tools 2.10, and of busybox: sockets, routes, devices.
 *
 * Fidelity: no unix sockets, no `-s`.
 */
import {
  formatIp,
  formatIpv4,
  ipv4,
  isIpv4,
  linkFlags,
  type NetNamespace,
  type PortHolder,
} from '../../../topology/index.js';
import { flagText, routeRows } from '../fs/proc-net.js';
import { peerOf } from '../io/socket-facts.js';
import { isUnspecified, pidSeen, serviceNames, socketsOf } from './socket-rows.js';
import type { Tool, ToolIo } from './tool.js';
import { usageText } from './usage.js';

const BUSYBOX_USAGE = usageText('netstat [-r] [-a|-l] [-t] [-u] [-w] [-x] [-e] [-n]');

const LONG: Readonly<Record<string, string>> = {
  all: 'a',
  listening: 'l',
  numeric: 'n',
  programs: 'p',
  tcp: 't',
  udp: 'u',
  route: 'r',
  interfaces: 'i',
  wide: 'W',
  extend: 'e',
  inet: '4',
  inet6: '6',
  timers: 'o',
  unix: 'x',
};

/** `netstat`. */
export const netstat: Tool = async (io) => {
  const netns = io.guest.request.viewer?.netns();
  if (netns === undefined) return io.fail('no kernel to ask');
  const letters = new Set<string>();
  for (const arg of io.args) {
    if (arg.startsWith('--')) letters.add(LONG[arg.slice(2)] ?? '');
    else for (const letter of arg.replace(/^-/, '')) letters.add(letter);
  }
  const wrong = [...letters].find(
    (letter) => !(io.busybox ? 'laentuwxr' : 'laentuwxrip46WovcsgN').includes(letter),
  );
  if (wrong !== undefined) {
    await io.err(`netstat: invalid option -- '${wrong}'\n${io.busybox ? BUSYBOX_USAGE : ''}`);
    return io.busybox ? 1 : 4;
  }
  if (letters.has('r')) {
    await io.out(routeTable(netns, { extended: false, busybox: io.busybox }));
    return 0;
  }
  if (letters.has('i')) {
    await io.out(interfaceTable(netns));
    return 0;
  }
  await io.out(sockets(io, letters));
  return 0;
};

function sockets(io: ToolIo, letters: ReadonlySet<string>): string {
  const chosen = ['t', 'u', 'w', 'x'].filter((letter) => letters.has(letter));
  const shows = (letter: string) => chosen.length === 0 || chosen.includes(letter);
  const which = letters.has('l')
    ? '(only servers)'
    : letters.has('a')
      ? '(servers and established)'
      : '(w/o servers)';
  let text = '';
  if (shows('t') || shows('u') || shows('w')) {
    const program = letters.has('p') ? 'PID/Program name    ' : '';
    const state = `State${' '.repeat(io.busybox || program !== '' ? 7 : 6)}`;
    text += `Active Internet connections ${which}\nProto Recv-Q Send-Q Local Address           Foreign Address         ${state}${program}\n`;
    for (const proto of ['tcp', 'udp'] as const) {
      if (!shows(proto === 'tcp' ? 't' : 'u')) continue;
      for (const holder of socketsOf(io, proto))
        if (wanted(holder, letters)) text += line(io, holder, letters);
    }
  }
  if (shows('x') && !(letters.has('4') || letters.has('6'))) {
    const inode = io.busybox ? 'I-Node Path' : 'I-Node   Path';
    text += `Active UNIX domain sockets ${which}\nProto RefCnt Flags       Type       State         ${inode}\n`;
  }
  return text;
}

function wanted(holder: PortHolder, letters: ReadonlySet<string>): boolean {
  if (letters.has('4') && holder.family === 'inet6') return false;
  if (letters.has('6') && holder.family === 'inet') return false;
  const serves = holder.state === 'LISTEN' || holder.state === 'UNCONN';
  if (letters.has('a')) return true;
  return letters.has('l') ? serves : !serves;
}

function line(io: ToolIo, holder: PortHolder, letters: ReadonlySet<string>): string {
  const services = letters.has('n') ? new Map<string, string>() : serviceNames(io);
  const end = (address: PortHolder['address'], port: number) => {
    const number = port === 0 ? '*' : (services.get(`${port}/${holder.proto}`) ?? String(port));
    const host =
      isUnspecified(address) && !isIpv4(address) ? '::' : hostText(address, letters.has('n'));
    const room = 22 - number.length;
    const shown = letters.has('W') ? host : host.slice(0, Math.max(room, 0));
    return `${shown}:${number}`.padEnd(23);
  };
  const peer = peerOf(holder);
  const proto = `${holder.proto}${holder.family === 'inet6' && !io.busybox ? '6' : ''}`.padEnd(5);
  const queues = `${String(holder.receiveQueue).padStart(6)} ${String(holder.state === 'LISTEN' ? 0 : holder.sendQueue).padStart(6)}`;
  const width = io.busybox ? 12 : 11;
  let text = `${proto} ${queues} ${end(holder.address, holder.port)} ${end(peer.address, peer.port)} ${stateText(holder.state).padEnd(width)}`;
  if (letters.has('p')) {
    const pid = holder.fd === undefined ? undefined : pidSeen(io, holder.pid);
    text += ` ${(pid === undefined ? '-' : `${pid}/${holder.comm}`).padEnd(20)}`;
  }
  return `${text}\n`;
}

/** Names are looked up without `-n`; of a container's own addresses only localhost has one. */
function hostText(address: PortHolder['address'], numeric: boolean): string {
  const text = formatIp(address);
  return !numeric && (text === '127.0.0.1' || text === '::1') ? 'localhost' : text;
}

function stateText(state: string): string {
  if (state === 'UNCONN') return '';
  return state === 'ESTAB'
    ? 'ESTABLISHED'
    : state.replace('FIN-WAIT-', 'FIN_WAIT').replaceAll('-', '_');
}

/** The table of `route` and `netstat -r`; `extended` is that of `route` with metrics. */
export function routeTable(
  netns: NetNamespace,
  how: { readonly extended: boolean; readonly busybox: boolean; readonly names?: boolean },
): string {
  const tail = how.extended ? 'Flags Metric Ref    Use Iface' : 'Flags   MSS Window  irtt Iface';
  let text = `Kernel IP routing table\nDestination     Gateway         Genmask         ${tail}\n`;
  for (const { destination, flags, gateway, iface, mask, metric } of routeRows(netns)) {
    const flag = flagText(flags);
    const refused = flag === '!' && !how.busybox;
    const ip = (value: number) => formatIpv4(ipv4(value));
    const to = how.names === true && destination === 0 && mask === 0 ? 'default' : ip(destination);
    const none = how.names === true ? '*' : '0.0.0.0';
    const by = refused ? '-' : gateway === 0 ? none : ip(gateway);
    const device = iface === '*' && refused ? '-' : iface;
    const start = `${to.padEnd(15)} ${by.padEnd(15)} ${ip(mask).padEnd(15)}`;
    text += how.extended
      ? `${start} ${flag.padEnd(5)} ${String(metric).padEnd(6)} ${(refused ? '-' : '0').padEnd(2)} ${'0'.padStart(7)} ${device}\n`
      : refused
        ? `${start} ${flag.padEnd(6)}    - -          - -\n`
        : `${start} ${flag.padEnd(6)} ${'0'.padStart(4)} 0          0 ${device}\n`;
  }
  return text;
}

/** `netstat -i`: devices that are up, by name. */
export function interfaceTable(netns: NetNamespace): string {
  let text =
    'Kernel Interface table\nIface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n';
  const devices = [...netns.deviceList]
    .filter(({ up }) => up)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const device of devices) {
    const { rxDropped, rxPackets, txDropped, txPackets } = device.stats;
    const cell = (value: number, width: number) => String(value).padStart(width);
    const flags = linkFlags(device);
    const letters = [
      flags.includes('BROADCAST') ? 'B' : '',
      flags.includes('LOOPBACK') ? 'L' : '',
      flags.includes('MULTICAST') ? 'M' : '',
      flags.includes('NOARP') ? 'O' : '',
      flags.includes('PROMISC') ? 'P' : '',
      device.carrier ? 'R' : '',
      'U',
    ];
    text += `${device.name.padEnd(15)} ${cell(device.mtuBytes, 5)} ${cell(rxPackets, 8)} ${cell(0, 6)} ${cell(rxDropped, 6)} ${'0'.padEnd(6)} ${cell(txPackets, 8)} ${cell(0, 6)} ${cell(txDropped, 6)} ${cell(0, 6)} ${letters.join('')}\n`;
  }
  return text;
}
