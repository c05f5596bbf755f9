/**
 * /proc/net, /proc/sys and /sys/class/net of a container: what the kernel makes when it is read.
 *
 * Fidelity: of each folder the files that people and programs read; those of /proc/PID are absent.
 */
import {
  formatMac,
  linkedDevice,
  type NetDevice,
  type NetNamespace,
  operState,
  parseWords,
} from '../../../topology/index.js';
import type { KernelViewer, ProgramRequest } from '../contract.js';
import { type DirectoryNode, directory, type FsError, type FsNode, generated } from './node.js';
import { procArp, procDev, procIfInet6, procRoute, procSockets } from './proc-net.js';

/** The trees that a container sees under / beside its own files; none without a kernel to ask. */
export function kernelFiles(request: ProgramRequest): DirectoryNode | undefined {
  const { viewer } = request;
  if (viewer === undefined) return undefined;
  return directory([
    [
      'proc',
      directory([
        ['net', live(() => procNet(viewer))],
        ['sys', live(() => procSys(request, viewer))],
      ]),
    ],
    ['sys', directory([['class', directory([['net', live(() => sysClassNet(viewer))]])]])],
  ]);
}

/** A directory whose entries are asked for each time. */
function live(read: () => Iterable<readonly [string, FsNode]>): DirectoryNode {
  return {
    kind: 'directory',
    mode: 0o555,
    modifiedNs: 0,
    get children() {
      return new Map(read());
    },
  };
}

function* procNet(viewer: KernelViewer): Iterable<readonly [string, FsNode]> {
  const netns = viewer.netns();
  if (netns === undefined) return;
  const sockets = (proto: 'tcp' | 'udp', family: 'inet' | 'inet6') =>
    viewer.ports().filter((each) => each.proto === proto && each.family === family);
  yield ['arp', generated(() => procArp(netns))];
  yield ['dev', generated(() => procDev(netns))];
  yield ['if_inet6', generated(() => procIfInet6(netns))];
  yield ['route', generated(() => procRoute(netns))];
  yield ['tcp', generated(() => procSockets('tcp', sockets('tcp', 'inet')))];
  yield ['tcp6', generated(() => procSockets('tcp6', sockets('tcp', 'inet6')))];
  yield ['udp', generated(() => procSockets('udp', sockets('udp', 'inet')))];
  yield ['udp6', generated(() => procSockets('udp6', sockets('udp', 'inet6')))];
}

/** Folders of settings by the parts of their dotted names. */
interface Folder {
  readonly folders: Map<string, Folder>;
  readonly keys: Map<string, string>;
}

function* procSys(
  request: ProgramRequest,
  viewer: KernelViewer,
): Iterable<readonly [string, FsNode]> {
  const root: Folder = { folders: new Map(), keys: new Map() };
  for (const key of viewer.sysctlKeys()) {
    const parts = key.split('.');
    const name = parts.pop() ?? '';
    let at = root;
    for (const part of parts) {
      const next = at.folders.get(part) ?? { folders: new Map(), keys: new Map() };
      at.folders.set(part, next);
      at = next;
    }
    at.keys.set(name, key);
  }
  yield* entriesOf(root, request, viewer);
}

function* entriesOf(
  folder: Folder,
  request: ProgramRequest,
  viewer: KernelViewer,
): Iterable<readonly [string, FsNode]> {
  for (const [name, inner] of folder.folders)
    yield [name, live(() => entriesOf(inner, request, viewer))];
  for (const [name, key] of folder.keys) {
    const read = () => `${viewer.sysctl(key) ?? ''}\n`;
    yield [name, generated(read, false, (text) => writeSysctl(request, viewer, key, text))];
  }
}

function writeSysctl(
  request: ProgramRequest,
  viewer: KernelViewer,
  key: string,
  text: string,
): FsError | undefined {
  if (request.security?.writesSysctls !== true) return 'EROFS';
  if (request.sys.uid !== 0) return 'EACCES';
  if (text.trim() === '') return undefined;
  const name = viewer.netns()?.name;
  const ops = parseWords(
    ['sysctl', '-w', `${key}=${text.trim()}`],
    '',
    name === '' ? undefined : name,
  );
  return ops.ok && viewer.apply(ops.value).ok ? undefined : 'EINVAL';
}

function* sysClassNet(viewer: KernelViewer): Iterable<readonly [string, FsNode]> {
  const netns = viewer.netns();
  if (netns === undefined) return;
  for (const device of netns.deviceList) yield [device.name, live(() => attributes(netns, device))];
}

const IFF_UP = 1;
const IFF_BROADCAST = 2;
const IFF_LOOPBACK = 8;
const IFF_PROMISC = 0x100;
const IFF_MULTICAST = 0x1000;

function* attributes(netns: NetNamespace, device: NetDevice): Iterable<readonly [string, FsNode]> {
  const loopback = device.kind === 'loopback';
  const line = (value: string | number) => generated(() => `${value}\n`);
  const flags =
    (device.up ? IFF_UP : 0) |
    (loopback ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST) |
    (device.promisc ? IFF_PROMISC : 0);
  yield ['addr_len', line(6)];
  yield ['address', line(formatMac(device.mac))];
  yield ['broadcast', line(loopback ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff')];
  // Of a device that is down, reading fails with EINVAL; here there is nothing to read.
  yield ['carrier', device.up ? line(device.carrier ? 1 : 0) : generated(() => '')];
  yield ['dormant', line(0)];
  if (device.kind === 'veth') yield ['duplex', line('full')];
  yield ['flags', line(`0x${flags.toString(16)}`)];
  yield ['ifalias', line('')];
  yield ['ifindex', line(device.ifindex)];
  yield ['iflink', line(linkedDevice(device)?.ifindex ?? device.ifindex)];
  yield ['mtu', line(device.mtuBytes)];
  yield ['netdev_group', line(0)];
  yield ['operstate', line(operState(device).toLowerCase())];
  yield ['proto_down', line(0)];
  if (device.kind === 'veth') yield ['speed', line(10000)];
  yield ['statistics', live(() => statistics(device))];
  yield ['tx_queue_len', line(1000)];
  yield ['type', line(loopback ? 772 : 1)];
  if (device.kind === 'bridge') {
    const ports = netns.deviceList.filter(({ master }) => master === device);
    yield ['brif', directory(ports.map(({ name }) => [name, directory()] as const))];
    yield ['bridge', directory([['stp_state', line(0)]])];
  }
  if (device.master !== undefined) {
    yield [
      'brport',
      directory([
        ['state', line(device.port?.state ?? 0)],
        ['hairpin_mode', line(device.port?.hairpin === true ? 1 : 0)],
      ]),
    ];
  }
}

function* statistics({ stats }: NetDevice): Iterable<readonly [string, FsNode]> {
  const rows: readonly (readonly [string, number])[] = [
    ['collisions', 0],
    ['multicast', 0],
    ['rx_bytes', stats.rxBytes],
    ['rx_dropped', stats.rxDropped],
    ['rx_errors', 0],
    ['rx_packets', stats.rxPackets],
    ['tx_bytes', stats.txBytes],
    ['tx_dropped', stats.txDropped],
    ['tx_errors', 0],
    ['tx_packets', stats.txPackets],
  ];
  for (const [name, value] of rows) yield [name, generated(() => `${value}\n`)];
}
