import { type Host, type NetnsView, type Process, viewNetns } from '../../topology/index.js';
import type { DeviceView, KernelViewer } from '../program/index.js';

const TABLES: Readonly<Record<string, number>> = { local: 255, main: 254, default: 253 };
const EMPTY: Omit<NetnsView, 'inode' | 'label'> = {
  devices: [],
  routes: [],
  rules: [],
  rules6: [],
  neighbors: [],
  fdb: [],
  sysctls: [],
  iptables: [],
  conntrack: [],
  drops: [],
};

/** What tools in a container read of the namespaces that its process lives in. */
export function viewerOf(host: Host, process: Process): KernelViewer {
  const netns = () => host.netnsByInode(process.namespaces.net.inode);
  const view = () => {
    const there = netns();
    return there === undefined ? EMPTY : viewNetns(there);
  };
  // /run/netns is seen in the mount namespace that systemd has.
  const seesNames = () =>
    process.namespaces.mnt.inode === host.processes.get(1)?.namespaces.mnt.inode;
  return {
    devices: () => view().devices.map(deviceOf),
    routes: (_family, table = 'main') =>
      view()
        .routes.filter((route) => route.table === (TABLES[table] ?? Number(table)))
        .map((route) => route.line),
    neighbors: () =>
      view().neighbors.map(({ address, device, mac, state }) => ({
        address,
        ifname: device,
        state: state.toUpperCase(),
        ...(mac === undefined ? {} : { mac }),
      })),
    ports: () => netns()?.sockets.holders() ?? [],
    processes: () =>
      [...host.processes.all].filter(
        (p) => p.namespaces.pid.inode === process.namespaces.pid.inode,
      ),
    sysvQueues: () =>
      (host.processes.ipcOf(process.pid)?.queues() ?? []).flatMap((queue) =>
        queue.kind === 'sysv'
          ? [
              {
                key: queue.key,
                id: queue.id,
                owner: queue.uid === 0 ? 'root' : String(queue.uid),
                mode: queue.mode,
                usedBytes: queue.bytes,
                messages: queue.currentMessages,
              },
            ]
          : [],
      ),
    sysctl: (key) => netns()?.sysctls.read(key),
    netns: (name) => (name === undefined ? netns() : seesNames() ? host.netns(name) : undefined),
    netnsNames: () => (seesNames() ? host.netnsNames : []),
    apply: (ops) => host.apply(ops),
  };
}

function deviceOf(device: NetnsView['devices'][number]): DeviceView {
  const running = device.up && device.carrier;
  const loopback = device.kind === 'loopback';
  return {
    ifindex: device.ifindex,
    ifname: device.name,
    ...(device.peer === undefined ? {} : { peerIfindex: device.peer.ifindex }),
    flags: [
      ...(device.up && !device.carrier ? ['NO-CARRIER'] : []),
      ...(loopback ? ['LOOPBACK'] : ['BROADCAST', 'MULTICAST']),
      ...(device.promisc ? ['PROMISC'] : []),
      ...(device.up ? ['UP'] : []),
      ...(running ? ['LOWER_UP'] : []),
    ],
    mtuBytes: device.mtuBytes,
    operState: loopback ? 'UNKNOWN' : running ? 'UP' : 'DOWN',
    kind: device.kind,
    ...(device.master === undefined ? {} : { master: device.master }),
    mac: device.mac,
    addresses: device.addresses.map(({ address, prefixLength, scope }) => ({
      address,
      prefixLength,
      scope: scope === 'host' || scope === 'link' ? scope : 'global',
    })),
  };
}
