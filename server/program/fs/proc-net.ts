/**
 * Files of /proc/net, as the kernel writes them and net-tools and busybox read them.
 *
 * Fidelity: counters that podnet does not keep are 0; addresses of kernel objects too; /proc/net/snmp, netstat and
 * fib_trie are absent.
 */
import {
  formatIp,
  formatMac,
  type Ip,
  isCidr4,
  isIpv4,
  maskOf4,
  type Neighbor,
  type NetDevice,
  type NetNamespace,
  type PortHolder,
  type RouteEntry,
  routesInOrder,
} from '../../../topology/index.js';
import { inodeOf, peerOf } from '../io/socket-facts.js';

const RTF = { up: 1, gateway: 2, host: 4, reject: 0x200 } as const;

/** One line of /proc/net/route. */
export interface RouteRow {
  readonly iface: string;
  readonly destination: number;
  readonly gateway: number;
  /** RTF_*. */
  readonly flags: number;
  readonly metric: number;
  readonly mask: number;
}

/** Unicast and refusing routes of the main table, as the old interface knows them (fib_route_seq_show). */
export function routeRows(netns: NetNamespace): readonly RouteRow[] {
  return routesInOrder(netns, 254).flatMap((route) => {
    if (!isCidr4(route.dst) || route.type === 'broadcast' || route.type === 'local') return [];
    const gateway = route.via !== undefined && isIpv4(route.via) ? route.via : 0;
    return [
      {
        iface: route.dev?.name ?? '*',
        destination: route.dst.network,
        gateway,
        flags: flagsOf(route, gateway),
        metric: route.metric,
        mask: maskOf4(route.dst.prefixLength) >>> 0,
      },
    ];
  });
}

function flagsOf(route: RouteEntry, gateway: number): number {
  let flags: number = RTF.up;
  if (route.type === 'unreachable' || route.type === 'prohibit') flags |= RTF.reject;
  if (gateway !== 0) flags |= RTF.gateway;
  if (route.dst.prefixLength === 32) flags |= RTF.host;
  return flags;
}

/** `UG`, `UH`, `!`: flags as `route` and `netstat -r` write them. */
export function flagText(flags: number): string {
  if ((flags & RTF.reject) !== 0) return '!';
  return `U${(flags & RTF.gateway) === 0 ? '' : 'G'}${(flags & RTF.host) === 0 ? '' : 'H'}`;
}

/** /proc/net/route. */
export function procRoute(netns: NetNamespace): string {
  const title =
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
  const lines = routeRows(netns).map(({ destination, flags, gateway, iface, mask, metric }) => {
    const numbers = `${flags.toString(16).toUpperCase().padStart(4, '0')}\t0\t0\t${metric}`;
    return `${iface}\t${swapped(destination)}\t${swapped(gateway)}\t${numbers}\t${swapped(mask)}\t0\t0\t0`;
  });
  return [title, ...lines].map((line) => `${line.padEnd(127)}\n`).join('');
}

/** An IPv4 number as a little-endian machine prints it. */
function swapped(value: number): string {
  const octets = [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
  return octets.map((octet) => octet.toString(16).toUpperCase().padStart(2, '0')).join('');
}

/** Neighbours that `arp` knows: IPv4, not of a device without ARP (arp_seq_show). */
export function arpEntries(netns: NetNamespace): readonly {
  readonly entry: Neighbor;
  /** ATF_COM 2, ATF_PERM 4. */
  readonly flags: number;
}[] {
  return netns.deviceList.flatMap((device) =>
    [...device.neighbors.values()].flatMap((entry) => {
      const state = netns.neighbors.stateOf(entry);
      if (!isIpv4(entry.address) || state === 'noarp') return [];
      const flags =
        state === 'permanent' ? 6 : state === 'incomplete' || state === 'failed' ? 0 : 2;
      return [{ entry, flags }];
    }),
  );
}

/** /proc/net/arp. */
export function procArp(netns: NetNamespace): string {
  const lines = arpEntries(netns).map(({ entry, flags }) => {
    const mac = formatMac(entry.mac !== undefined && flags !== 0 ? entry.mac : ZERO_MAC);
    return `${formatIp(entry.address).padEnd(16)} 0x1         0x${flags.toString(16).padEnd(10)}${mac}     *        ${entry.device.name}\n`;
  });
  return `IP address       HW type     Flags       HW address            Mask     Device\n${lines.join('')}`;
}

const ZERO_MAC = 0 as Parameters<typeof formatMac>[0];

/** /proc/net/dev. */
export function procDev(netns: NetNamespace): string {
  const title =
    'Inter-|   Receive                                                |  Transmit\n' +
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';
  return title + netns.deviceList.map(deviceLine).join('');
}

function deviceLine(device: NetDevice): string {
  const { rxBytes, rxDropped, rxPackets, txBytes, txDropped, txPackets } = device.stats;
  const cell = (value: number, width: number) => String(value).padStart(width);
  const receive = `${cell(rxBytes, 7)} ${cell(rxPackets, 7)} ${cell(0, 4)} ${cell(rxDropped, 4)} ${cell(0, 4)} ${cell(0, 5)} ${cell(0, 10)} ${cell(0, 9)}`;
  const send = `${cell(txBytes, 8)} ${cell(txPackets, 7)} ${cell(0, 4)} ${cell(txDropped, 4)} ${cell(0, 4)} ${cell(0, 5)} ${cell(0, 7)} ${cell(0, 10)}`;
  return `${device.name.padStart(6)}: ${receive} ${send}\n`;
}

/** /proc/net/if_inet6: address, index, prefix length, scope, flags, device. */
export function procIfInet6(netns: NetNamespace): string {
  const scopes = { global: '00', link: '20', host: '10' } as const;
  return netns.deviceList
    .flatMap((device) =>
      device.addresses6.map(({ address, dadFailed, nodad, prefixLength, scope, tentative }) => {
        const hex = address.toString(16).padStart(32, '0');
        const index = device.ifindex.toString(16).padStart(2, '0');
        const length = prefixLength.toString(16).padStart(2, '0');
        // IFA_F_PERMANENT, and what it is not yet.
        const flags =
          0x80 |
          (nodad && scope !== 'host' ? 0x02 : 0) |
          (dadFailed ? 0x08 : 0) |
          (tentative ? 0x40 : 0);
        return `${hex} ${index} ${length} ${scopes[scope]} ${flags.toString(16)} ${device.name.padStart(8)}\n`;
      }),
    )
    .join('');
}

/** TCP_* states of include/net/tcp_states.h. */
const STATE_NUMBERS: Readonly<Record<string, number>> = {
  ESTAB: 1,
  'SYN-SENT': 2,
  'SYN-RECV': 3,
  'FIN-WAIT-1': 4,
  'FIN-WAIT-2': 5,
  'TIME-WAIT': 6,
  UNCONN: 7,
  'CLOSE-WAIT': 8,
  'LAST-ACK': 9,
  LISTEN: 10,
  CLOSING: 11,
};

const TITLES = {
  tcp: '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
  tcp6: '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
  udp: '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
  udp6: '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
} as const;

/** /proc/net/tcp, tcp6, udp and udp6, of the sockets of their family. */
export function procSockets(file: keyof typeof TITLES, holders: readonly PortHolder[]): string {
  const width = file.endsWith('6') ? 0 : file === 'tcp' ? 149 : 127;
  const lines = holders.map((holder, index) => {
    const slot = file.startsWith('udp')
      ? String(holder.port).padStart(5)
      : String(index).padStart(4);
    const peer = peerOf(holder);
    const hex = (value: number, digits: number) =>
      value.toString(16).toUpperCase().padStart(digits, '0');
    const ends = `${socketAddress(holder.address)}:${hex(holder.port, 4)} ${socketAddress(peer.address)}:${hex(peer.port, 4)}`;
    const sendQueue = holder.state === 'LISTEN' ? 0 : holder.sendQueue;
    const timer = holder.timer === undefined ? 0 : holder.timer.name === 'timewait' ? 3 : 1;
    const jiffies = Math.floor((holder.timer?.leftNs ?? 0) / 1e7);
    const queues = `${hex(sendQueue, 8)}:${hex(holder.receiveQueue, 8)} ${hex(timer, 2)}:${hex(jiffies, 8)} ${hex(holder.timer?.retransmits ?? 0, 8)}`;
    const owner = `${String(holder.uid).padStart(5)} ${'0'.padStart(8)} ${holder.fd === undefined ? 0 : inodeOf(holder)}`;
    const tail = file.startsWith('udp') ? ' 2 0000000000000000 0' : tcpTail(holder);
    return `${slot}: ${ends} ${hex(STATE_NUMBERS[holder.state] ?? 7, 2)} ${queues} ${owner}${tail}`;
  });
  return [TITLES[file], ...lines].map((line) => `${line.padEnd(width)}\n`).join('');
}

function tcpTail(holder: PortHolder): string {
  if (holder.state === 'TIME-WAIT') return ' 3 0000000000000000';
  return holder.state === 'LISTEN'
    ? ' 1 0000000000000000 100 0 0 10 0'
    : ' 1 0000000000000000 20 4 30 10 -1';
}

function socketAddress(address: Ip): string {
  if (isIpv4(address)) return swapped(address);
  const hex = address.toString(16).padStart(32, '0');
  return [0, 8, 16, 24].map((at) => swapped(Number.parseInt(hex.slice(at, at + 8), 16))).join('');
}
