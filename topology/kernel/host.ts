import type { Mac } from '../addr/index.js';
import type { Result, Rng, SimClock } from '../base/index.js';
import { type ApplyListener, applyOps } from './apply/index.js';
import type { Device, DropListener, HostContext, Netfilter, Netns } from './contract.js';
import { CableDriver, type CableEnd } from './link/cable.js';
import { deleteDevice } from './link/delete.js';
import { NetDevice } from './link/device.js';
import { LoopbackDriver } from './link/simple.js';
import { createNetfilter } from './netfilter/index.js';
import { type NamespaceSockets, NetNamespace } from './netns/namespace.js';
import type { KernelOp, OpError } from './ops.js';
import { createProcessTable, type HostProcessTable } from './process/index.js';
import type { Skb } from './skb.js';
import { createSocketLayer } from './socket/index.js';
import type { Softirq } from './softirq.js';

/** Inode of the first network namespace, as Linux numbers it. */
const ROOT_NETNS_INODE = 4026531840;

/** First inode of namespaces made later. */
const FIRST_INODE = 4026532200;

/** Parts that may be replaced by stand-ins. */
export interface HostParts {
  readonly netfilter: (netns: Netns) => Netfilter;
  readonly sockets: (netns: Netns) => NamespaceSockets;
}

/** What a host is made from. */
export interface HostInit {
  readonly name: string;
  readonly clock: SimClock;
  readonly rng: Rng;
  readonly softirq: Softirq;
  /** The kernel is started with `ipv6.disable_ipv6=1`: devices begin without IPv6, until a sysctl turns it on. */
  readonly ipv6Disabled?: boolean;
  readonly parts?: HostParts;
}

/** The emulated Linux kernel of one machine: its network namespaces, devices and processes. */
export class Host implements HostContext {
  readonly name: string;
  readonly clock: SimClock;
  readonly rng: Rng;
  readonly softirq: Softirq;
  readonly ipv6Disabled: boolean;
  readonly parts: HostParts;
  /** The host's own network namespace. */
  readonly root: NetNamespace;
  readonly processes: HostProcessTable;
  /** Told of every packet that is dropped here, traced or not; nobody when undefined. */
  dropListener: DropListener | undefined = undefined;
  private readonly byInode = new Map<number, NetNamespace>();
  private readonly byName = new Map<string, NetNamespace>();
  private readonly listeners = new Set<ApplyListener>();
  private inode = FIRST_INODE;
  private madeMacs = 0;

  constructor(init: HostInit) {
    this.name = init.name;
    this.clock = init.clock;
    this.rng = init.rng;
    this.softirq = init.softirq;
    this.ipv6Disabled = init.ipv6Disabled ?? false;
    this.parts = init.parts ?? { netfilter: createNetfilter, sockets: createSocketLayer };
    this.root = this.make(ROOT_NETNS_INODE);
    this.root.references = 1;
    this.root.setUp(this.root.loopback, true);
    this.processes = createProcessTable({
      clock: this.clock,
      hostname: this.name,
      rootNetns: this.root,
      createNetns: (label) => this.createNetns(label),
      acquireNetns: (netns) => this.acquire(netns),
      releaseNetns: (netns) => this.release(netns),
      nextInode: () => this.nextInode(),
    });
  }

  /** Every network namespace, the host's own first. */
  get namespaces(): Iterable<NetNamespace> {
    return this.byInode.values();
  }

  /** The namespace that `ip netns` knows by a name; '' is the host's own. */
  netns(name: string): NetNamespace | undefined {
    return name === '' ? this.root : this.byName.get(name);
  }

  /** Names that `ip netns` knows, the newest first: readdir(3) of a tmpfs. */
  get netnsNames(): readonly string[] {
    return [...this.byName.keys()].reverse();
  }

  netnsByInode(inode: number): NetNamespace | undefined {
    return this.byInode.get(inode);
  }

  /** Applies all ops, or none: then the error names the one that failed. */
  apply(ops: readonly KernelOp[]): Result<void, OpError> {
    return applyOps(this, ops, this.listeners);
  }

  /** Calls back after every list of ops that was applied, in order of application. */
  onOp(listener: ApplyListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** A fresh namespace with `lo` down and one reference, which its maker gives back with `release`. */
  createNetns(label: string): NetNamespace {
    const netns = this.make(this.nextInode());
    netns.label = label;
    netns.references = 1;
    netns.sysctls.inheritFrom(this.root.sysctls);
    netns.sysctlsChanged();
    return netns;
  }

  /** One more user of a namespace. */
  acquire(netns: Netns): void {
    const own = this.byInode.get(netns.inode);
    if (own !== undefined) own.references++;
  }

  /** One user less; with the last the namespace is destroyed, its devices and the peers of its veths with it. */
  release(netns: Netns): void {
    const own = this.byInode.get(netns.inode);
    if (own === undefined) return;
    own.references--;
    if (own.references <= 0) this.destroy(own);
  }

  /** Gives a namespace a name of `ip netns`, which counts as a user. */
  nameNetns(netns: NetNamespace, name: string): void {
    this.byName.set(name, netns);
    netns.names.add(name);
    netns.references++;
  }

  /** Takes a name away. */
  unnameNetns(name: string): void {
    const netns = this.byName.get(name);
    if (netns === undefined) return;
    this.byName.delete(name);
    netns.names.delete(name);
    this.release(netns);
  }

  /** Plugs in a network card whose other end is the fabric's; it is down and without carrier. */
  addCable(cable: {
    readonly name: string;
    readonly mac: Mac;
    readonly mtuBytes: number;
    readonly end: CableEnd;
  }): NetDevice {
    const device = new NetDevice({
      ifindex: this.root.nextIfindex(),
      name: cable.name,
      kind: 'cable',
      spec: undefined,
      netns: this.root,
      mac: cable.mac,
      mtuBytes: cable.mtuBytes,
      driver: new CableDriver(cable.end),
    });
    this.root.addDevice(device);
    return device;
  }

  /** The next inode number for a namespace of any kind. */
  nextInode(): number {
    return this.inode++;
  }

  /** A locally administered MAC address that no other device of this run has. */
  nextMac(): Mac {
    const drawn = this.rng.fork(`${this.name}/mac/${this.madeMacs++}`);
    const low = drawn.uint32();
    const high = drawn.below(0x100);
    return (0x020000000000 + high * 0x100000000 + low) as Mac;
  }

  defer(device: Device, skb: Skb): void {
    if (device instanceof NetDevice) this.softirq.raise(device, skb);
  }

  private make(inode: number): NetNamespace {
    const netns = new NetNamespace(this, inode);
    this.byInode.set(inode, netns);
    netns.addDevice(
      new NetDevice({
        ifindex: 1,
        name: 'lo',
        kind: 'loopback',
        spec: undefined,
        netns,
        mac: 0 as Mac,
        mtuBytes: 65536,
        driver: new LoopbackDriver(),
      }),
    );
    return netns;
  }

  private destroy(netns: NetNamespace): void {
    if (netns.gone || netns === this.root) return;
    netns.gone = true;
    netns.sockets.namespaceGone();
    for (const device of [...netns.deviceList]) {
      // A physical card goes back to the host's own namespace.
      if (device.kind === 'cable') this.moveHome(device);
      else if (!device.gone) deleteDevice(device);
    }
    netns.reassembly.clear();
    netns.netfilter.dispose();
    this.byInode.delete(netns.inode);
  }

  private moveHome(device: NetDevice): void {
    device.netns.removeDevice(device);
    this.root.addDevice(device);
  }
}
