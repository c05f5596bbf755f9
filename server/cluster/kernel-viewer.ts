import {
  type Host,
  isIpcSysctl,
  linkedDevice,
  linkFlags,
  type NetDevice,
  type NetnsView,
  operState,
  type Process,
  viewAddresses,
  viewNetns,
} from '../../topology/index.js';
import type { DeviceView, KernelViewer } from '../program/index.js';
import { noteOps } from './typed-ops.js';

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
  const ipcSysctl = (key: string) => {
    const value = isIpcSysctl(key) ? host.processes.ipcOf(process.pid)?.sysctl(key) : undefined;
    return value === undefined ? undefined : String(value);
  };
  return {
    devices: () => netns()?.deviceList.map(deviceOf) ?? [],
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
    sysctl: (key) =>
      key === 'kernel.hostname'
        ? process.sys.hostname
        : (ipcSysctl(key) ?? netns()?.sysctls.read(key)),
    sysctlKeys: () => netns()?.sysctls.keys() ?? [],
    netns: (name) => (name === undefined ? netns() : seesNames() ? host.netns(name) : undefined),
    netnsNames: () => (seesNames() ? host.netnsNames : []),
    apply: (ops) => {
      const applied = host.apply(ops);
      if (applied.ok) noteOps(host, ops);
      return applied;
    },
  };
}

function deviceOf(device: NetDevice): DeviceView {
  const linked = linkedDevice(device);
  return {
    ifindex: device.ifindex,
    ifname: device.name,
    ...(linked === undefined ? {} : { peerIfindex: linked.ifindex }),
    flags: linkFlags(device),
    mtuBytes: device.mtuBytes,
    operState: operState(device),
    kind: device.kind,
    ...(device.master === undefined ? {} : { master: device.master.name }),
    mac: device.mac,
    addresses: viewAddresses(device).map(({ address, broadcast, prefixLength, scope }) => ({
      address,
      prefixLength,
      scope,
      ...(broadcast === undefined ? {} : { broadcast }),
    })),
  };
}
