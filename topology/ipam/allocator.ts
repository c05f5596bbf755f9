import { formatIp, type Ip } from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';
import { formatRange, inRange, nextAddress, type Range } from './ranges.js';
import type { Reservation, ReservationStore } from './store.js';

/** Who asks for an address. */
export type Holder = Omit<Reservation, 'address'>;

/** An address with the range that it was taken from. */
export interface Allocation {
  readonly address: Ip;
  readonly range: Range;
}

/**
 * Addresses of one range set, given next-fit like host-local: the search begins after the address given
 * last, so one just released is not reused before the range wrapped round. The gateway is never given.
 *
 * Source: containernetworking/plugins `host-local/backend/allocator/allocator.go`.
 */
export class Allocator {
  private readonly ranges: readonly Range[];
  private readonly store: ReservationStore;
  private readonly set: number;

  /** `set` is the index of the range set in its network. */
  constructor(ranges: readonly Range[], store: ReservationStore, set = 0) {
    this.ranges = ranges;
    this.store = store;
    this.set = set;
  }

  /** The range that may give out an address. */
  rangeFor(address: Ip): Range | undefined {
    return this.ranges.find((range) => inRange(range, address));
  }

  /** Reserves the next free address. Fails for a holder that has one of this set, and when all are taken. */
  reserveNext(holder: Holder): Result<Allocation, string> {
    const held = this.store.heldBy(holder).find((address) => this.rangeFor(address) !== undefined);
    if (held !== undefined) {
      const what = `${formatIp(held)} has been allocated to ${holder.containerId}`;
      return fail(`${what}, duplicate allocation is not allowed`);
    }
    for (const { address, range } of this.candidates()) {
      if (this.store.reserve({ address, ...holder }, this.set)) return ok({ address, range });
    }
    return fail(`no IP addresses available in range set: ${this.text}`);
  }

  /** Reserves an address that `rangeFor` knows. Fails for the gateway and for one that is taken. */
  reserve(holder: Holder, address: Ip, range: Range): Result<Allocation, string> {
    if (address === range.gateway) {
      return fail(`requested ip ${formatIp(address)} is subnet's gateway`);
    }
    if (this.store.reserve({ address, ...holder }, this.set)) return ok({ address, range });
    return fail(
      `requested IP address ${formatIp(address)} is not available in range set ${this.text}`,
    );
  }

  private get text(): string {
    return this.ranges.map(formatRange).join(',');
  }

  /** Every allocatable address once, beginning after the last given one and wrapping round. */
  private *candidates(): Generator<Allocation> {
    const last = this.store.lastReserved(this.set);
    const first = last === undefined ? undefined : this.rangeFor(last);
    if (last === undefined || first === undefined) {
      for (const range of this.ranges) yield* usable(range, range.start, range.end);
      return;
    }
    const index = this.ranges.indexOf(first);
    yield* usable(first, nextAddress(last), first.end);
    for (const range of [...this.ranges.slice(index + 1), ...this.ranges.slice(0, index)]) {
      yield* usable(range, range.start, range.end);
    }
    yield* usable(first, first.start, last);
  }
}

function* usable(range: Range, from: Ip, to: Ip): Generator<Allocation> {
  for (let address = from; address <= to; address = nextAddress(address)) {
    if (address !== range.gateway) yield { address, range };
  }
}
