import {
  broadcastOf,
  type Cidr,
  type Cidr4,
  cidr4,
  contains,
  formatCidr,
  formatIp,
  type Ip,
  type Ipv6,
  ipv4,
  isCidr4,
  isIpv4,
} from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';

/** Allocatable addresses of one subnet, both ends inclusive. */
export interface Range {
  readonly subnet: Cidr;
  readonly start: Ip;
  readonly end: Ip;
  readonly gateway: Ip;
}

/** What a network configuration says of a range; absent fields are derived from the subnet. */
export interface RangeConfig {
  readonly subnet: Cidr;
  readonly rangeStart?: Ip;
  readonly rangeEnd?: Ip;
  readonly gateway?: Ip;
}

/**
 * Completes a range as host-local does: from the first to the last usable address, gateway the first.
 *
 * Failures: a sentence when the subnet is smaller than /30 or the ends lie outside it.
 * Source: containernetworking/plugins `host-local/backend/allocator/range.go`.
 */
export function canonicalRange(config: RangeConfig): Result<Range, string> {
  const { subnet } = config;
  if (subnet.prefixLength > (isCidr4(subnet) ? 30 : 126)) {
    return fail(`Network ${formatCidr(subnet)} too small to allocate from`);
  }
  const start = config.rangeStart ?? nextAddress(subnet.network);
  const end = config.rangeEnd ?? lastAddress(subnet);
  const gateway = config.gateway ?? nextAddress(subnet.network);
  if (!contains(subnet, start)) return fail(outside('RangeStart', start, subnet));
  // host-local tests the start against the range that ends at rangeEnd, and words it so.
  if (config.rangeEnd !== undefined && start > end) {
    return fail(outside('RangeStart', start, subnet));
  }
  if (!contains(subnet, end)) return fail(outside('RangeEnd', end, subnet));
  return ok({ subnet, start, end, gateway });
}

/** Completes the ranges of a set. Failures: those of a range; ranges of both families; overlapping ranges; no range. */
export function canonicalSet(configs: readonly RangeConfig[]): Result<readonly Range[], string> {
  const ranges: Range[] = [];
  if (configs.length === 0) return fail('empty range set');
  for (const config of configs) {
    const range = canonicalRange(config);
    if (!range.ok) return range;
    const first = ranges[0];
    if (first !== undefined && isCidr4(first.subnet) !== isCidr4(range.value.subnet)) {
      return fail('mixed address families');
    }
    ranges.push(range.value);
  }
  for (const [index, one] of ranges.entries()) {
    const other = ranges.slice(index + 1).find((range) => rangesOverlap(one, range));
    if (other === undefined) continue;
    return fail(`subnets ${formatRange(one)} and ${formatRange(other)} overlap`);
  }
  return ok(ranges);
}

/** Whether two ranges share an address. */
export function rangesOverlap(a: Range, b: Range): boolean {
  if (isCidr4(a.subnet) !== isCidr4(b.subnet)) return false;
  return a.start <= b.end && b.start <= a.end;
}

/** Whether a range gives out an address. */
export function inRange({ start, end }: Range, address: Ip): boolean {
  return isIpv4(start) === isIpv4(address) && address >= start && address <= end;
}

/** The address after this one. */
export function nextAddress(address: Ip): Ip {
  return isIpv4(address) ? ipv4(address + 1) : ((address + 1n) as Ipv6);
}

/** Writes `10.244.1.1-10.244.1.254`, as host-local's messages do. */
export function formatRange(range: Range): string {
  return `${formatIp(range.start)}-${formatIp(range.end)}`;
}

/** The last address of a subnet that a host may have: under IPv4 the one before the broadcast address. */
function lastAddress(subnet: Cidr): Ip {
  if (isCidr4(subnet)) return ipv4(broadcastOf(subnet) - 1);
  const hosts = (1n << BigInt(128 - subnet.prefixLength)) - 1n;
  return (subnet.network | hosts) as Ipv6;
}

function outside(name: string, address: Ip, subnet: Cidr): string {
  return `${name} ${formatIp(address)} not in network ${formatCidr(subnet)}`;
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
