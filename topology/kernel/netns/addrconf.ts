import { formatIp, IPV6_LOOPBACK, type Ipv6, linkLocalOf } from '../../addr/index.js';
import { type Rng, SECOND } from '../../base/index.js';
import type { NetDevice } from '../link/device.js';
import type { Skb } from '../skb.js';
import { countAddress } from './address.js';
import {
  addAddressRoutes6,
  addGroupRoute,
  findAddress6,
  Ipv6Address,
  insertAddress6,
  removeAddressRoutes6,
} from './ipv6-address.js';
import type { NetNamespace } from './namespace.js';

/** Longest random wait before the first probe (`router_solicitation_delay`). */
const FIRST_PROBE_DELAY_NS = SECOND;

/** Time between probes, and after the last one (`retrans_time_ms`). */
const RETRANS_NS = SECOND;

/** `addr_gen_mode` 1: no link-local address is made. */
const GENERATE_NONE = 1;

/**
 * IPv6 addresses of a namespace (net/ipv6/addrconf.c): those given by hand, the link-local ones that come
 * with a link, and duplicate address detection (RFC 4862 section 5.4) of both.
 *
 * Fidelity: no router is solicited and no advertisement read, so no address or route comes from a router; no
 * group is reported (MLD), which bridges without multicast snooping do not need. Lifetimes, temporary
 * addresses, `optimistic_dad` and the stable privacy identifiers are not modelled.
 */
export class Addrconf {
  private readonly netns: NetNamespace;
  private readonly chance: Rng;

  constructor(netns: NetNamespace) {
    this.netns = netns;
    this.chance = netns.host.rng.fork(`${netns.inode}/addrconf`);
  }

  /** Gives a device an address; it counts once it is known to be unique. */
  add(device: NetDevice, address: Ipv6, prefixLength: number, nodad: boolean): Ipv6Address {
    const own = new Ipv6Address(address, prefixLength, nodad);
    insertAddress6(device.addresses6, own);
    if (device.up && device.kind !== 'loopback') addGroupRoute(device);
    addAddressRoutes6(device, own);
    this.netns.fib.generation++;
    this.detect(device, own);
    return own;
  }

  remove(device: NetDevice, own: Ipv6Address): void {
    const index = device.addresses6.indexOf(own);
    if (index < 0) return;
    device.addresses6.splice(index, 1);
    own.timer?.cancel();
    own.timer = undefined;
    if (!own.tentative) countAddress(this.netns, own.address, -1);
    removeAddressRoutes6(device, own);
    this.netns.netfilter.addressGone(device.ifindex, own.address);
    this.netns.exceptions.clear();
    this.netns.fib.generation++;
  }

  /** The device went up or down, gained carrier, or its settings changed (addrconf_notify). */
  linkChanged(device: NetDevice): void {
    if (!device.up || !device.ipv6) {
      this.stop(device);
      return;
    }
    for (const own of device.addresses6) addAddressRoutes6(device, own);
    if (device.kind === 'loopback') {
      device.ipv6Ready = true;
      if (findAddress6(device, IPV6_LOOPBACK) === undefined)
        this.add(device, IPV6_LOOPBACK, 128, true);
      return;
    }
    if (device.carrier && !device.ipv6Ready) {
      device.ipv6Ready = true;
      addGroupRoute(device);
      this.addLinkLocal(device);
    }
    for (const own of [...device.addresses6]) this.detect(device, own);
  }

  /** What a router joins and answers for changed with `forwarding`. */
  forwardingChanged(device: NetDevice): void {
    if (!device.conf6.forwarding) {
      this.netns.fib.removeWhere((entry) => entry.dev === device && entry.type === 'anycast');
    } else if (device.ipv6) {
      for (const own of device.addresses6) addAddressRoutes6(device, own);
    }
  }

  /** Somebody else has the address, or is asking for it too (addrconf_dad_failure). */
  duplicate(device: NetDevice, own: Ipv6Address, skb: Skb): void {
    if (skb.trace !== undefined) {
      const text = `another node on ${device.name} has ${formatIp(own.address)} too: duplicate address detection failed, so the address stays unused`;
      this.netns.step(skb, 'ndp', 'duplicate', text);
    }
    own.timer?.cancel();
    own.timer = undefined;
    own.dadFailed = true;
  }

  private addLinkLocal(device: NetDevice): void {
    if (device.conf6.addrGenMode === GENERATE_NONE) return;
    const address = linkLocalOf(device.mac);
    if (findAddress6(device, address) === undefined) this.add(device, address, 64, false);
  }

  /** The device is down or IPv6 is off: its addresses go, by default those given by hand too. */
  private stop(device: NetDevice): void {
    device.ipv6Ready = false;
    const keep = device.ipv6 && device.conf6.keepAddrOnDown;
    for (const own of [...device.addresses6]) {
      if (keep && own.scope === 'global') this.suspend(device, own);
      else this.remove(device, own);
    }
    if (device.ipv6) return;
    const { fib } = this.netns;
    for (const entry of [...fib.all()]) {
      if (entry.dev === device && typeof entry.dst.network === 'bigint') fib.remove(entry);
    }
    for (const entry of [...device.neighbors.values()]) {
      if (typeof entry.address === 'bigint') this.netns.neighbors.remove(entry);
    }
  }

  /** `keep_addr_on_down`: the address is checked anew when the device comes back. */
  private suspend(device: NetDevice, own: Ipv6Address): void {
    own.timer?.cancel();
    own.timer = undefined;
    if (own.tentative) return;
    own.tentative = true;
    countAddress(this.netns, own.address, -1);
    removeAddressRoutes6(device, own);
  }

  /** addrconf_dad_begin: after a random wait asks who has the address, and waits for an answer. */
  private detect(device: NetDevice, own: Ipv6Address): void {
    if (!own.tentative || own.dadFailed || own.timer !== undefined) return;
    const { conf6 } = device;
    const unwanted = this.netns.conf6All.acceptDad < 1 && conf6.acceptDad < 1;
    if (own.nodad || device.noArp || unwanted) {
      this.confirm(device, own);
      return;
    }
    if (!device.ipv6Ready) return;
    own.probes = conf6.dadTransmits;
    own.nonce = this.chance.uint32();
    const waitNs = this.chance.below(FIRST_PROBE_DELAY_NS);
    own.timer = this.netns.host.clock.timer(() => this.probe(device, own));
    own.timer.arm(waitNs);
  }

  private probe(device: NetDevice, own: Ipv6Address): void {
    if (own.probes === 0) {
      own.timer = undefined;
      this.confirm(device, own);
      return;
    }
    own.probes--;
    own.timer?.arm(RETRANS_NS);
    this.netns.ndp.probeDuplicate(device, own);
  }

  /** Nobody objected: the address is this host's (addrconf_dad_completed). */
  private confirm(device: NetDevice, own: Ipv6Address): void {
    own.tentative = false;
    countAddress(this.netns, own.address, 1);
    addAddressRoutes6(device, own);
    this.netns.fib.generation++;
  }
}
