import {
  broadcastOf,
  type Cidr4,
  cidr4,
  contains,
  formatCidr,
  formatIpv4,
  type Ipv4,
  ipv4,
} from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';

/** Allocatable addresses of one subnet, both ends inclusive. */
export interface Range {
  readonly subnet: Cidr4;
  readonly start: Ipv4;
  readonly end: Ipv4;
  readonly gateway: Ipv4;
}

/** What a network configuration says of a range; absent fields are derived from the subnet. */
export interface RangeConfig {
  readonly subnet: Cidr4;
  readonly rangeStart?: Ipv4;
  readonly rangeEnd?: Ipv4;
  readonly gateway?: Ipv4;
}

/**
 * Completes a range as host-local does: from the first to the last usable address, gateway the first.
 *
 * Failures: a sentence when the subnet is smaller than /30 or the ends lie outside it.
 * Source: containernetworking/plugins `host-local/backend/allocator/range.go`.
 */
export function canonicalRange(config: RangeConfig): Result<Range, string> {
  const { subnet } = config;
  if (subnet.prefixLength > 30) {
    return fail(`Network ${formatCidr(subnet)} too small to allocate from`);
  }
  const start = config.rangeStart ?? ipv4(subnet.network + 1);
  const end = config.rangeEnd ?? ipv4(broadcastOf(subnet) - 1);
  const gateway = config.gateway ?? ipv4(subnet.network + 1);
  for (const [name, address] of [
    ['RangeStart', start],
    ['RangeEnd', end],
  ] as const) {
    if (!contains(subnet, address)) {
      return fail(`${name} ${formatIpv4(address)} not in network ${formatCidr(subnet)}`);
    }
  }
  if (start > end) {
    // host-local tests the start against the range that ends at rangeEnd, and words it so.
    return fail(`RangeStart ${formatIpv4(start)} not in network ${formatCidr(subnet)}`);
  }
  return ok({ subnet, start, end, gateway });
}

/** Writes `10.244.1.1-10.244.1.254`, as host-local's messages do. */
export function formatRange(range: Range): string {
  return `${formatIpv4(range.start)}-${formatIpv4(range.end)}`;
}

/** The pod CIDR of each node, cut from the cluster CIDR in order; fails when the blocks run out. */
export class PodCidrAllocator {
  private readonly cluster: Cidr4;
  private readonly nodePrefixLength: number;
  private readonly owners = new Map<number, string>();
  private readonly blocks = new Map<string, number>();

  constructor(cluster: Cidr4, nodePrefixLength: number) {
    this.cluster = cluster;
    this.nodePrefixLength = nodePrefixLength;
  }

  /**
   * The block of a node, the same on every call; the lowest free one for a new node.
   *
   * Failures: upstream's sentence when all blocks are taken (node_ipam `CIDRNotAvailable`).
   */
  ensure(node: string): Result<Cidr4, string> {
    const held = this.blocks.get(node);
    if (held !== undefined) return ok(this.block(held));
    const count = 2 ** (this.nodePrefixLength - this.cluster.prefixLength);
    for (let index = 0; index < count; index++) {
      if (this.owners.has(index)) continue;
      this.owners.set(index, node);
      this.blocks.set(node, index);
      return ok(this.block(index));
    }
    return fail(
      `CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range ${formatCidr(this.cluster)}`,
    );
  }

  /** Gives a node's block back; unknown nodes are fine. */
  release(node: string): void {
    const index = this.blocks.get(node);
    if (index === undefined) return;
    this.blocks.delete(node);
    this.owners.delete(index);
  }

  private block(index: number): Cidr4 {
    const size = 2 ** (32 - this.nodePrefixLength);
    return cidr4(ipv4(this.cluster.network + index * size), this.nodePrefixLength);
  }
}
