import {
  formatIp,
  formatMac,
  IPV4_BROADCAST,
  type Ip,
  isIpv4,
  isMulticast4,
  isMulticast6,
  MAC_BROADCAST,
  type Mac,
  multicastMac6,
} from '../../addr/index.js';
import { MILLISECOND, SECOND, type WheelTimer } from '../../base/index.js';
import { TCP_ACK, TCP_SYN, type TcpSegment } from '../../wire/index.js';
import type { NetDevice } from '../link/device.js';
import type { NeighborState } from '../ops.js';
import type { Skb } from '../skb.js';
import type { NetNamespace } from './namespace.js';

/** Probes before an answer is given up (`mcast_solicit`, `ucast_solicit`). */
const PROBES = 3;

/** Time between probes (`retrans_time_ms`), which the timer wheel makes 1.024 s. */
const RETRANS_NS = SECOND;

/** `delay_first_probe_time`, which the timer wheel makes up to 5.256 s. */
const DELAY_NS = 5 * SECOND;

/** `base_reachable_time_ms`; the real time is drawn from half to one and a half of it. */
const BASE_REACHABLE_MS = 30_000;

/** `locktime`: a reply does not replace another that came less than this before. */
const LOCKTIME_NS = SECOND;

/** Packets that wait for one answer (`unres_qlen`). */
const QUEUE_LENGTH = 101;

/** `gc_thresh1` and `gc_stale_time`: above so many entries those unused for so long go. */
const GC_THRESHOLD = 128;
const GC_STALE_NS = 60 * SECOND;

/** An entry of the neighbour table (struct neighbour): which MAC address owns an IP address on a link. */
export class Neighbor {
  readonly device: NetDevice;
  readonly address: Ip;
  mac: Mac | undefined = undefined;
  state: NeighborState = 'incomplete';
  /** IPv6: its advertisements say that it forwards packets (NTF_ROUTER). */
  router = false;
  /** False until the first packet asked for it. */
  started = false;
  confirmedNs = 0;
  updatedNs = 0;
  usedNs = 0;
  probes = 0;
  queue: Skb[] | undefined = undefined;
  timer: WheelTimer | undefined = undefined;

  constructor(device: NetDevice, address: Ip) {
    this.device = device;
    this.address = address;
  }
}

/** Whether a state means that the MAC address may be used. */
function valid(state: NeighborState): boolean {
  return state !== 'incomplete' && state !== 'failed';
}

/** What a neighbour update may change. */
export interface NeighborUpdate {
  readonly state: NeighborState;
  /** A different MAC may replace the known one. */
  readonly override: boolean;
  /** Without `override`, a different MAC puts the known one in doubt (NEIGH_UPDATE_F_WEAK_OVERRIDE). */
  readonly weak?: boolean;
  /** Asked for by a person: permanent entries may change too. */
  readonly admin: boolean;
}

/**
 * The neighbour tables of a namespace with the states and timers of net/core/neighbour.c.
 *
 * Fidelity: confirmation by TCP's progress is not modelled, so a busy entry is probed every half minute or so. What is
 * reachable becomes stale when its time is over, without a timer.
 */
export class NeighborTable {
  private readonly netns: NetNamespace;
  private readonly reachableNs: number;

  constructor(netns: NetNamespace) {
    this.netns = netns;
    const drawn = netns.host.rng.fork(`${netns.inode}/reachable`).below(BASE_REACHABLE_MS);
    this.reachableNs = (BASE_REACHABLE_MS / 2 + drawn) * MILLISECOND;
  }

  /** Sends a packet to a next hop, now or when its MAC address is known (neigh_output); false when it was dropped. */
  output(skb: Skb, device: NetDevice, nextHop: Ip): boolean {
    let entry = device.neighbors.get(nextHop);
    if (entry !== undefined && this.connected(entry)) return this.sendTo(skb, entry);
    if (device.noArp || isGroup(nextHop)) {
      skb.srcMac = device.mac;
      skb.dstMac = isGroup(nextHop) ? groupMac(nextHop) : device.mac;
      return device.transmit(skb);
    }
    entry ??= this.create(device, nextHop);
    entry.usedNs = this.netns.nowNs;
    if (entry.state === 'stale') this.enterDelay(entry);
    if (valid(entry.state)) return this.sendTo(skb, entry);
    this.enqueue(entry, skb);
    if (!entry.started || entry.state === 'failed') this.startProbing(entry);
    return true;
  }

  /** The MAC of a neighbour that needs no probe now. */
  connectedMac(device: NetDevice, address: Ip): Mac | undefined {
    const entry = device.neighbors.get(address);
    return entry !== undefined && this.connected(entry) ? entry.mac : undefined;
  }

  /** The MAC of a neighbour that is known, if it may be out of date. */
  validMac(device: NetDevice, address: Ip): Mac | undefined {
    const entry = device.neighbors.get(address);
    return entry !== undefined && valid(entry.state) ? entry.mac : undefined;
  }

  /** The state now; a reachable entry whose time is over is stale. */
  stateOf(entry: Neighbor): NeighborState {
    if (entry.state === 'reachable') this.connected(entry);
    return entry.state;
  }

  find(device: NetDevice, address: Ip): Neighbor | undefined {
    return device.neighbors.get(address);
  }

  create(device: NetDevice, address: Ip): Neighbor {
    const known = device.neighbors.get(address);
    if (known !== undefined) return known;
    if (device.neighbors.size >= GC_THRESHOLD) this.collect(device);
    const entry = new Neighbor(device, address);
    entry.updatedNs = this.netns.nowNs;
    entry.usedNs = this.netns.nowNs;
    device.neighbors.set(address, entry);
    return entry;
  }

  /** A message of ARP or neighbour discovery told a MAC address (neigh_update). */
  update(entry: Neighbor, told: Mac, change: NeighborUpdate): void {
    const nowNs = this.netns.nowNs;
    const old = this.stateOf(entry);
    if (!change.admin && (old === 'permanent' || old === 'noarp')) return;
    let mac = told;
    let same = valid(old) && entry.mac === mac;
    let next = change.state;
    if (isConnected(next)) entry.confirmedNs = nowNs;
    if (valid(old)) {
      if (!same && !change.override) {
        if (change.weak !== true || !isConnected(old)) return;
        mac = entry.mac ?? told;
        same = true;
        next = 'stale';
      } else if (same && next === 'stale' && !change.admin) next = old;
    }
    if (next !== old || !same) entry.updatedNs = nowNs;
    if (next !== old) {
      this.stopTimer(entry);
      entry.state = next;
    }
    if (!same) {
      entry.mac = mac;
      if (!isConnected(next)) entry.confirmedNs = nowNs - 2 * BASE_REACHABLE_MS * MILLISECOND;
    }
    entry.started = true;
    if (!valid(old)) this.flush(entry);
  }

  /** Whether an update may replace the MAC known now (`locktime`). */
  mayOverride(entry: Neighbor): boolean {
    return this.netns.nowNs > entry.updatedNs + LOCKTIME_NS;
  }

  /** Forgets an entry; packets that wait for it are dropped. */
  remove(entry: Neighbor): void {
    this.stopTimer(entry);
    entry.device.neighbors.delete(entry.address);
    this.fail(entry, false);
  }

  /** The device went down, or its carrier was lost (neigh_ifdown, neigh_carrier_down). */
  flushDevice(device: NetDevice, keepPermanent: boolean): void {
    for (const entry of [...device.neighbors.values()]) {
      if (!keepPermanent || entry.state !== 'permanent') this.remove(entry);
    }
  }

  private connected(entry: Neighbor): boolean {
    const { state } = entry;
    if (state === 'permanent' || state === 'noarp') return true;
    if (state !== 'reachable') return false;
    if (this.netns.nowNs <= entry.confirmedNs + this.reachableNs) return true;
    entry.state = 'stale';
    return false;
  }

  private sendTo(skb: Skb, entry: Neighbor): boolean {
    skb.srcMac = entry.device.mac;
    skb.dstMac = entry.mac;
    if (skb.trace !== undefined) {
      const text = `${entry.device.name} knows that ${formatIp(entry.address)} has the address ${formatMac(entry.mac ?? MAC_BROADCAST)} (${entry.state})`;
      this.netns.step(skb, 'neighbor', 'lookup', text);
    }
    return entry.device.transmit(skb);
  }

  private enqueue(entry: Neighbor, skb: Skb): void {
    entry.queue ??= [];
    if (isRepeated(entry.queue, skb)) {
      if (skb.trace !== undefined) {
        const text = `the same segment still waits for the MAC address of ${formatIp(entry.address)}, so it is not sent again`;
        this.netns.step(skb, 'neighbor', 'skip', text);
      }
      return;
    }
    if (entry.queue.length >= QUEUE_LENGTH) {
      const oldest = entry.queue.shift();
      if (oldest !== undefined) {
        const text = `${QUEUE_LENGTH} packets already wait for the MAC address of ${formatIp(entry.address)}: the oldest is dropped`;
        this.netns.drop(oldest, 'neighbor-queue-full', 'neighbor', text);
      }
    }
    entry.queue.push(skb);
    if (skb.trace !== undefined) {
      const text = `the MAC address of ${formatIp(entry.address)} on ${entry.device.name} is not known yet: the packet waits for an answer`;
      this.netns.step(skb, 'neighbor', 'queue', text);
    }
  }

  private startProbing(entry: Neighbor): void {
    entry.started = true;
    entry.state = 'incomplete';
    entry.probes = 0;
    entry.updatedNs = this.netns.nowNs;
    this.probe(entry);
  }

  private enterDelay(entry: Neighbor): void {
    entry.state = 'delay';
    entry.updatedNs = this.netns.nowNs;
    this.arm(entry, DELAY_NS);
  }

  private arm(entry: Neighbor, delayNs: number): void {
    entry.timer ??= this.netns.host.clock.timer(() => this.timeOver(entry));
    entry.timer.arm(delayNs);
  }

  /** neigh_timer_handler. */
  private timeOver(entry: Neighbor): void {
    if (entry.state === 'delay') this.delayOver(entry);
    else if (entry.state === 'incomplete' || entry.state === 'probe') this.probeUnanswered(entry);
  }

  private delayOver(entry: Neighbor): void {
    const nowNs = this.netns.nowNs;
    if (nowNs <= entry.confirmedNs + DELAY_NS) {
      entry.state = 'reachable';
      return;
    }
    entry.state = 'probe';
    entry.probes = 0;
    this.probe(entry);
  }

  private probe(entry: Neighbor): void {
    entry.probes++;
    this.arm(entry, RETRANS_NS);
    const { device, address, queue } = entry;
    const to = entry.state === 'probe' ? entry.mac : undefined;
    if (isIpv4(address)) this.netns.arp.solicit(device, address, to, queue?.[0]);
    else this.netns.ndp.solicit(device, address, to, queue?.at(-1));
  }

  private probeUnanswered(entry: Neighbor): void {
    if (entry.probes < PROBES) {
      this.probe(entry);
      return;
    }
    entry.state = 'failed';
    entry.updatedNs = this.netns.nowNs;
    this.stopTimer(entry);
    this.fail(entry, true);
  }

  /** Nobody answered: each waiting packet's sender is told (arp_error_report, ndisc_error_report). */
  private fail(entry: Neighbor, tell: boolean): void {
    const queue = entry.queue;
    entry.queue = undefined;
    if (queue === undefined) return;
    for (const skb of queue) {
      const text =
        skb.trace === undefined
          ? ''
          : tell
            ? `nobody on ${entry.device.name} answered ${PROBES} times to "who has ${formatIp(entry.address)}?"`
            : `the neighbour entry of ${formatIp(entry.address)} was removed while the packet waited`;
      this.netns.drop(skb, 'neighbor-unresolved', 'neighbor', text);
      if (!tell) continue;
      if (skb.packet.kind === 'ipv6') this.netns.icmpv6.addressUnreachable(skb);
      else this.netns.icmp.hostUnreachable(skb);
    }
  }

  private flush(entry: Neighbor): void {
    const queue = entry.queue;
    entry.queue = undefined;
    if (queue === undefined) return;
    for (const skb of queue) {
      if (entry.state === 'stale') this.enterDelay(entry);
      this.sendTo(skb, entry);
    }
  }

  private stopTimer(entry: Neighbor): void {
    entry.timer?.cancel();
  }

  private collect(device: NetDevice): void {
    const before = this.netns.nowNs - GC_STALE_NS;
    for (const entry of device.neighbors.values()) {
      const state = this.stateOf(entry);
      const idle = (state === 'stale' || state === 'failed') && entry.usedNs < before;
      if (idle) this.remove(entry);
    }
  }
}

const SYN_ACK = TCP_SYN | TCP_ACK;

/** TCP does not send a segment again while the first is still in a queue of this host (skb_still_in_host_queue). */
function isRepeated(queue: readonly Skb[], skb: Skb): boolean {
  const segment = segmentOf(skb);
  if (skb.owner === undefined || segment === undefined) return false;
  // Each SYN-ACK of a request that was not accepted yet is made anew.
  if ((segment.flags & SYN_ACK) === SYN_ACK) return false;
  return queue.some((other) => {
    if (other.owner !== skb.owner) return false;
    const waiting = segmentOf(other);
    return waiting?.seq === segment.seq && waiting.flags === segment.flags;
  });
}

function segmentOf({ packet }: Skb): TcpSegment | undefined {
  if (packet.kind !== 'ipv4' && packet.kind !== 'ipv6') return undefined;
  return packet.body.kind === 'tcp' ? packet.body : undefined;
}

function isConnected(state: NeighborState): boolean {
  return state === 'reachable' || state === 'permanent' || state === 'noarp';
}

function isGroup(address: Ip): boolean {
  if (!isIpv4(address)) return isMulticast6(address);
  return address === IPV4_BROADCAST || isMulticast4(address);
}

/** The Ethernet address of a group (RFC 1112 section 6.4, RFC 2464 section 7), or broadcast. */
function groupMac(address: Ip): Mac {
  if (!isIpv4(address)) return multicastMac6(address);
  if (address === IPV4_BROADCAST) return MAC_BROADCAST;
  return (0x01005e000000 + (address & 0x7fffff)) as Mac;
}
