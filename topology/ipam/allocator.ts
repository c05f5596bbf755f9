import { contains, formatCidr, formatIpv4, type Ipv4, ipv4 } from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';
import { formatRange, type Range } from './ranges.js';

/** A taken address and who holds it. */
export interface Reservation {
  readonly address: Ipv4;
  readonly containerId: string;
  readonly ifname: string;
}

/** Why no address was given. */
export type IpamError =
  | { readonly code: 'ipam/exhausted'; readonly message: string }
  | { readonly code: 'ipam/duplicate'; readonly message: string }
  | { readonly code: 'ipam/not-in-range'; readonly message: string }
  | { readonly code: 'ipam/taken'; readonly message: string };

/**
 * Addresses of one range set, given next-fit like host-local: the search begins after the address given
 * last, so one just released is not reused before the range wrapped round. The gateway is never given.
 *
 * Source: containernetworking/plugins `host-local/backend/allocator/allocator.go`.
 */
export class Allocator {
  private readonly ranges: readonly Range[];
  private readonly byAddress = new Map<Ipv4, Reservation>();
  private readonly byHolder = new Map<string, Ipv4>();
  private last: Ipv4 | undefined;

  constructor(ranges: readonly Range[]) {
    this.ranges = ranges;
  }

  /** Reserves the next free address, or the one asked for. Asking again for a holder that has one is refused. */
  reserve(containerId: string, ifname: string, requested?: Ipv4): Result<Reservation, IpamError> {
    const holder = `${containerId} ${ifname}`;
    const held = this.byHolder.get(holder);
    if (held !== undefined) {
      return fail({
        code: 'ipam/duplicate',
        message: `${formatIpv4(held)} has been allocated to ${containerId}, duplicate allocation is not allowed`,
      });
    }
    return requested === undefined
      ? this.reserveNext(containerId, ifname)
      : this.reserveRequested(containerId, ifname, requested);
  }

  /** Gives back what a holder has; a holder that has nothing is fine. */
  release(containerId: string, ifname: string): void {
    const holder = `${containerId} ${ifname}`;
    const address = this.byHolder.get(holder);
    if (address === undefined) return;
    this.byHolder.delete(holder);
    this.byAddress.delete(address);
  }

  /** Who holds an address. */
  holderOf(address: Ipv4): Reservation | undefined {
    return this.byAddress.get(address);
  }

  /** Reservations in order of address. */
  reservations(): readonly Reservation[] {
    return [...this.byAddress.values()].sort((a, b) => a.address - b.address);
  }

  /** The address given last, from which the next search begins (`last_reserved_ip.0`). */
  get lastReserved(): Ipv4 | undefined {
    return this.last;
  }

  private reserveRequested(
    containerId: string,
    ifname: string,
    address: Ipv4,
  ): Result<Reservation, IpamError> {
    const range = this.ranges.find((r) => contains(r.subnet, address));
    if (range === undefined || address < range.start || address > range.end) {
      const sets = this.ranges.map(formatRange).join(',');
      return fail({
        code: 'ipam/not-in-range',
        message: `requested IP address ${formatIpv4(address)} is not available in range set ${sets}`,
      });
    }
    if (address === range.gateway) {
      return fail({
        code: 'ipam/taken',
        message: `requested ip ${formatIpv4(address)} is subnet's gateway`,
      });
    }
    if (this.byAddress.has(address)) {
      return fail({
        code: 'ipam/taken',
        message: `requested IP address ${formatIpv4(address)} is not available in range set ${formatRange(range)}`,
      });
    }
    return ok(this.take(containerId, ifname, address));
  }

  private reserveNext(containerId: string, ifname: string): Result<Reservation, IpamError> {
    for (const address of this.candidates()) {
      if (!this.byAddress.has(address)) return ok(this.take(containerId, ifname, address));
    }
    return fail({
      code: 'ipam/exhausted',
      message: `no IP addresses available in range set: ${this.ranges.map(formatRange).join(',')}`,
    });
  }

  /** Every allocatable address once, beginning after the last given one and wrapping round. */
  private *candidates(): Generator<Ipv4> {
    const lastGiven = this.last;
    const first = lastGiven === undefined ? -1 : this.rangeIndexOf(lastGiven);
    if (first < 0 || lastGiven === undefined) {
      for (const range of this.ranges) yield* usable(range, range.start, range.end);
      return;
    }
    const begin = this.ranges[first] as Range;
    yield* usable(begin, ipv4(lastGiven + 1), begin.end);
    for (let step = 1; step < this.ranges.length; step++) {
      const range = this.ranges[(first + step) % this.ranges.length] as Range;
      yield* usable(range, range.start, range.end);
    }
    yield* usable(begin, begin.start, lastGiven);
  }

  private rangeIndexOf(address: Ipv4): number {
    return this.ranges.findIndex((range) => address >= range.start && address <= range.end);
  }

  private take(containerId: string, ifname: string, address: Ipv4): Reservation {
    const reservation = { address, containerId, ifname };
    this.byAddress.set(address, reservation);
    this.byHolder.set(`${containerId} ${ifname}`, address);
    this.last = address;
    return reservation;
  }

  /** For messages: the subnets of the set. */
  describe(): string {
    return this.ranges.map((range) => formatCidr(range.subnet)).join(', ');
  }
}

function* usable(range: Range, from: number, to: number): Generator<Ipv4> {
  for (let address = from; address <= to; address++) {
    if (address !== range.gateway) yield ipv4(address);
  }
}
