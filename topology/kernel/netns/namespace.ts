import { type Ip, type Ipv4, isCidr4, isIpv4, maskOf4 } from '../../addr/index.js';
import { invariant } from '../../base/index.js';
import type { Device, Netfilter, Netns, SocketLayer } from '../contract.js';
import type { DropReason } from '../drop.js';
import type { Host } from '../host.js';
import { Bridge } from '../link/bridge.js';
import type { NetDevice } from '../link/device.js';
import { VxlanPorts } from '../link/vxlan.js';
import type { Skb } from '../skb.js';
import type { SocketFactory } from '../socket/index.js';
import type { TraceComponent } from '../trace.js';
import { Addrconf } from './addrconf.js';
import {
  addAddressRoutes,
  countAddress,
  type InterfaceAddress,
  interfaceAddress,
} from './address.js';
import { Arp } from './arp.js';
import { RouteExceptions } from './exceptions.js';
import { Fib } from './fib.js';
import { Forwarding } from './forwarding.js';
import { Icmp } from './icmp.js';
import { Icmpv6 } from './icmpv6.js';
import { IpInput } from './ip-input.js';
import { NamespaceIp } from './ip-layer.js';
import { IpOutput } from './ip-output.js';
import { Ipv6Forwarding } from './ipv6-forwarding.js';
import { Ipv6Input } from './ipv6-input.js';
import { Ipv6Output } from './ipv6-output.js';
import { Ipv6Router } from './ipv6-router.js';
import { Ndp } from './ndp.js';
import { NeighborTable } from './neighbor.js';
import { IcmpRateLimit } from './rate-limit.js';
import { type DefragUser, Reassembly } from './reassembly.js';
import { Redirects6 } from './redirects6.js';
import { Router } from './router.js';
import { type DeviceConf6, SysctlTable } from './sysctl.js';

/** The sockets of a namespace, with what processes ask of them. */
export type NamespaceSockets = SocketLayer & SocketFactory;

/** A network namespace: its devices and tables, and the parts that move packets between them. */
export class NetNamespace implements Netns {
  readonly inode: number;
  /** Names that `ip netns` gave it; '' alone is the host's own. */
  readonly names = new Set<string>();
  readonly host: Host;
  readonly sysctls: SysctlTable;
  readonly fib = new Fib();
  readonly router: Router;
  readonly neighbors: NeighborTable;
  readonly arp: Arp;
  readonly icmp: Icmp;
  readonly input: IpInput;
  readonly output: IpOutput;
  readonly forwarding: Forwarding;
  readonly router6: Ipv6Router;
  readonly addrconf: Addrconf;
  readonly ndp: Ndp;
  readonly icmpv6: Icmpv6;
  readonly redirects6: Redirects6;
  readonly input6: Ipv6Input;
  readonly output6: Ipv6Output;
  readonly forwarding6: Ipv6Forwarding;
  readonly icmpLimits: IcmpRateLimit;
  readonly exceptions: RouteExceptions;
  readonly reassembly: Reassembly;
  readonly vxlans = new VxlanPorts();
  readonly ip: NamespaceIp;
  readonly netfilter: Netfilter;
  readonly sockets: NamespaceSockets;
  readonly dropCounts = new Map<DropReason, number>();
  /** How often each address is assigned to devices here. */
  readonly localAddresses = new Map<Ip, number>();
  /** Devices in order of ifindex. */
  readonly deviceList: NetDevice[] = [];
  /** References by processes and names; at 0 the namespace is destroyed. */
  references = 0;
  gone = false;
  /** Copies of sysctls that every packet needs. */
  bridgeCallsIptables = true;
  bridgeCallsIp6tables = true;
  conf6All: DeviceConf6;
  defaultTtl = 64;
  echoIgnoreAll = false;
  nonlocalBind = false;
  localPorts: readonly [low: number, high: number] = [32768, 60999];
  private lastIfindex = 0;
  private readonly deviceListeners = new Set<(device: Device) => void>();
  private labelText = '';
  private readonly byName = new Map<string, NetDevice>();
  private readonly byIndex = new Map<number, NetDevice>();
  private lo: NetDevice | undefined = undefined;

  constructor(host: Host, inode: number) {
    this.host = host;
    this.inode = inode;
    this.sysctls = new SysctlTable((name) => this.byName.has(name), host.ipv6Disabled);
    this.conf6All = this.sysctls.conf6Of('all');
    this.sysctls.deviceNames = () => this.deviceList.map((device) => device.name);
    this.icmpLimits = new IcmpRateLimit(() => this.nowNs);
    this.exceptions = new RouteExceptions(() => this.nowNs);
    this.router = new Router(this);
    this.neighbors = new NeighborTable(this);
    this.arp = new Arp(this);
    this.icmp = new Icmp(this);
    this.input = new IpInput(this);
    this.output = new IpOutput(this);
    this.forwarding = new Forwarding(this);
    this.router6 = new Ipv6Router(this);
    this.addrconf = new Addrconf(this);
    this.ndp = new Ndp(this);
    this.icmpv6 = new Icmpv6(this);
    this.redirects6 = new Redirects6(this);
    this.input6 = new Ipv6Input(this);
    this.output6 = new Ipv6Output(this);
    this.forwarding6 = new Ipv6Forwarding(this);
    this.reassembly = new Reassembly(this);
    this.ip = new NamespaceIp(this);
    this.netfilter = host.parts.netfilter(this);
    this.sockets = host.parts.sockets(this);
  }

  get nowNs(): number {
    return this.host.clock.nowNs;
  }

  get name(): string {
    for (const name of this.names) return name;
    return '';
  }

  get label(): string {
    return this.labelText;
  }

  set label(text: string) {
    this.labelText = text;
  }

  /** What people call it: its label or name, else the machine's. */
  get title(): string {
    return this.labelText || this.name || this.host.name;
  }

  get devices(): Iterable<NetDevice> {
    return this.deviceList;
  }

  /** `lo`, which every namespace has. */
  get loopback(): NetDevice {
    const { lo } = this;
    invariant(lo !== undefined, 'lo is made with the namespace');
    return lo;
  }

  device(name: string): NetDevice | undefined {
    return this.byName.get(name);
  }

  deviceByIndex(ifindex: number): NetDevice | undefined {
    return this.byIndex.get(ifindex);
  }

  onDeviceAdded(listener: (device: Device) => void): () => void {
    this.deviceListeners.add(listener);
    return () => this.deviceListeners.delete(listener);
  }

  /** The device that an address is assigned to. */
  deviceOfAddress(address: Ip): NetDevice | undefined {
    if (!this.localAddresses.has(address)) return undefined;
    return this.deviceList.find((device) =>
      isIpv4(address)
        ? device.addresses.some((own) => own.address === address)
        : device.addresses6.some((own) => own.address === address && !own.tentative),
    );
  }

  /** A number that no device here has had (dev_new_index). */
  nextIfindex(): number {
    do this.lastIfindex++;
    while (this.byIndex.has(this.lastIfindex));
    return this.lastIfindex;
  }

  sysctl(key: string): number {
    return this.sysctls.effective(key);
  }

  sysctlPair(key: string): readonly [number, number] | undefined {
    return this.sysctls.pair(key);
  }

  /** Joins fragments; false when the packet is not whole yet. */
  defragment(skb: Skb, user: DefragUser): boolean {
    return this.reassembly.accept(skb, user);
  }

  drop(
    skb: Skb,
    reason: DropReason,
    component: TraceComponent,
    sentence: string,
    facts?: Readonly<Record<string, string>>,
  ): void {
    this.countDrop(reason);
    this.host.dropListener?.(skb, { netns: this, reason, component });
    if (skb.trace === undefined) return;
    this.record(skb, { component, action: 'drop', sentence, facts, drop: reason });
  }

  step(
    skb: Skb,
    component: TraceComponent,
    action: string,
    sentence: string,
    facts?: Readonly<Record<string, string>>,
  ): void {
    this.record(skb, { component, action, sentence, facts, drop: undefined });
  }

  countDrop(reason: DropReason): void {
    this.dropCounts.set(reason, (this.dropCounts.get(reason) ?? 0) + 1);
  }

  /** Puts a device in: made here, or moved in. Its ifindex is kept when free. */
  addDevice(device: NetDevice): void {
    device.netns = this;
    if (this.byIndex.has(device.ifindex)) device.ifindex = this.nextIfindex();
    this.lastIfindex = Math.max(this.lastIfindex, device.ifindex);
    this.byName.set(device.name, device);
    this.byIndex.set(device.ifindex, device);
    const last = this.deviceList.at(-1);
    this.deviceList.push(device);
    if (last !== undefined && last.ifindex > device.ifindex) {
      this.deviceList.sort((a, b) => a.ifindex - b.ifindex);
    }
    if (device.kind === 'loopback') this.lo = device;
    this.sysctls.deviceAdded(device.name);
    device.conf = this.sysctls.confOf(device.name);
    device.conf6 = this.sysctls.conf6Of(device.name);
    this.fib.generation++;
    for (const listener of this.deviceListeners) listener(device);
  }

  /** Takes a device out: its addresses, routes and neighbours go. */
  removeDevice(device: NetDevice): void {
    this.setUp(device, false);
    for (const own of [...device.addresses]) this.removeAddress(device, own);
    for (const own of [...device.addresses6]) this.addrconf.remove(device, own);
    device.proxied = undefined;
    this.neighbors.flushDevice(device, false);
    this.fib.removeWhere((entry) => entry.dev === device);
    this.byName.delete(device.name);
    this.byIndex.delete(device.ifindex);
    this.deviceList.splice(this.deviceList.indexOf(device), 1);
    this.sysctls.deviceRemoved(device.name);
    this.exceptions.clear();
  }

  renameDevice(device: NetDevice, name: string): void {
    this.byName.delete(device.name);
    this.sysctls.deviceRemoved(device.name, name);
    device.name = name;
    this.byName.set(name, device);
  }

  /** `ip link set DEV up|down`. */
  setUp(device: NetDevice, up: boolean): void {
    if (device.up === up) return;
    device.up = up;
    if (up) device.activated = true;
    if (up && device.kind === 'loopback' && device.addresses.length === 0) this.addLoopback(device);
    if (up) for (const own of device.addresses) addAddressRoutes(device, own);
    else {
      // Routes through the device go; the host keeps answering for its own addresses.
      this.fib.removeWhere((entry) => entry.dev === device && entry.type !== 'local');
      this.neighbors.flushDevice(device, false);
      this.netfilter.deviceDown(device.ifindex);
    }
    this.exceptions.clear();
    this.fib.generation++;
    device.driver.linkChanged(device);
    this.addrconf.linkChanged(device);
    this.notify(device);
  }

  /** A device gained or lost its carrier. */
  carrierChanged(device: NetDevice): void {
    if (device.carrier) this.addrconf.linkChanged(device);
    else this.neighbors.flushDevice(device, true);
    this.notify(device);
  }

  /** Gives a device an IPv4 address; those of IPv6 are `addrconf`'s. */
  addAddress(
    device: NetDevice,
    address: Ipv4,
    prefixLength: number,
    scope: InterfaceAddress['scope'] | undefined,
  ): InterfaceAddress {
    const own = interfaceAddress(device, address, prefixLength, scope);
    device.addresses.push(own);
    countAddress(this, address, 1);
    addAddressRoutes(device, own);
    this.fib.generation++;
    return own;
  }

  /** Secondary addresses of the same prefix go with their primary (promote_secondaries 0). */
  removeAddress(device: NetDevice, own: InterfaceAddress): void {
    const index = device.addresses.indexOf(own);
    if (index < 0) return;
    device.addresses.splice(index, 1);
    countAddress(this, own.address, -1);
    const { fib } = this;
    fib.removeWhere(
      (entry) => entry.dev === device && entry.proto === 'kernel' && entry.owns(own.address),
    );
    fib.removeWhere((entry) => entry.prefSrc === own.address && entry.proto !== 'kernel');
    const orphans = own.secondary
      ? []
      : device.addresses.filter((other) => other.secondary && sharesPrefix(own, other));
    for (const orphan of orphans) this.removeAddress(device, orphan);
    for (const other of device.addresses) addAddressRoutes(device, other);
    if (isIpv4(own.address) && !device.addresses.some(({ address }) => isIpv4(address))) {
      this.disableIp(device);
    }
    this.netfilter.addressGone(device.ifindex, own.address);
    fib.generation++;
  }

  /** A device lost its last IPv4 address: its routes and neighbours go with it (fib_disable_ip). */
  private disableIp(device: NetDevice): void {
    this.fib.removeWhere((entry) => entry.dev === device && isCidr4(entry.dst));
    for (const entry of [...device.neighbors.values()]) {
      if (isIpv4(entry.address)) this.neighbors.remove(entry);
    }
  }

  /** After sysctls changed: what devices and packets read is worked out anew. */
  sysctlsChanged(): void {
    this.conf6All = this.sysctls.conf6Of('all');
    for (const device of this.deviceList) {
      device.conf = this.sysctls.confOf(device.name);
      this.changeConf6(device, this.sysctls.conf6Of(device.name));
    }
    this.bridgeCallsIptables = this.sysctl('net.bridge.bridge-nf-call-iptables') !== 0;
    this.bridgeCallsIp6tables = this.sysctl('net.bridge.bridge-nf-call-ip6tables') !== 0;
    this.defaultTtl = this.sysctl('net.ipv4.ip_default_ttl');
    this.echoIgnoreAll = this.sysctl('net.ipv4.icmp_echo_ignore_all') !== 0;
    this.nonlocalBind = this.sysctl('net.ipv4.ip_nonlocal_bind') !== 0;
    this.localPorts = this.sysctlPair('net.ipv4.ip_local_port_range') ?? this.localPorts;
  }

  private changeConf6(device: NetDevice, conf6: DeviceConf6): void {
    const before = device.conf6;
    if (before === conf6) return;
    device.conf6 = conf6;
    if (before.disableIpv6 !== conf6.disableIpv6) this.addrconf.linkChanged(device);
    if (before.forwarding !== conf6.forwarding) this.addrconf.forwardingChanged(device);
  }

  private addLoopback(device: NetDevice): void {
    this.addAddress(device, 0x7f000001 as Ipv4, 8, 'host');
  }

  private notify(device: NetDevice): void {
    device.port?.bridge.portChanged(device.port);
    for (const upper of device.uppers ?? []) upper.parentChanged();
  }

  private record(
    skb: Skb,
    step: {
      readonly component: TraceComponent;
      readonly action: string;
      readonly sentence: string;
      readonly facts: Readonly<Record<string, string>> | undefined;
      readonly drop: DropReason | undefined;
    },
  ): void {
    const device = skb.dev?.name;
    skb.trace?.record({
      atNs: this.nowNs,
      host: this.host.name,
      netns: this.labelText || this.name,
      ...(device === undefined ? {} : { device }),
      packetId: skb.packetId,
      ...(skb.parentId === undefined ? {} : { parentId: skb.parentId }),
      component: step.component,
      action: step.action,
      reason: step.sentence,
      ...(step.drop === undefined ? {} : { drop: step.drop }),
      ...(step.facts === undefined ? {} : { facts: step.facts }),
      view: { srcMac: skb.srcMac, dstMac: skb.dstMac, packet: skb.packet },
    });
  }
}

/** Whether a device is a bridge, and which. */
export function bridgeOf(device: NetDevice): Bridge | undefined {
  return device.driver instanceof Bridge ? device.driver : undefined;
}

function sharesPrefix(a: InterfaceAddress, b: InterfaceAddress): boolean {
  if (a.prefixLength !== b.prefixLength) return false;
  return ((a.address ^ b.address) & maskOf4(a.prefixLength)) === 0;
}
