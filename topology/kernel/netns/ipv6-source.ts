import {
  type Cidr6,
  commonPrefix6,
  contains,
  type Ipv6,
  isMulticast6,
  SCOPE6,
  scopeOf6,
} from '../../addr/index.js';
import type { NetDevice } from '../link/device.js';
import type { Ipv6Address } from './ipv6-address.js';
import type { NetNamespace } from './namespace.js';

const block = (network: bigint, prefixLength: number): Cidr6 => ({
  network: network as Ipv6,
  prefixLength,
});

/** Labels of prefixes, the longest first (RFC 6724 section 2.1, as ip6_addrlbl_init_table has it). */
const LABELS: readonly (readonly [Cidr6, number])[] = [
  [block(1n, 128), 0],
  [block(0xffff00000000n, 96), 4],
  [block(0n, 96), 3],
  [block(0x20010000n << 96n, 32), 6],
  [block(0x20010010n << 96n, 28), 7],
  [block(0x2002n << 112n, 16), 2],
  [block(0x3ffen << 112n, 16), 12],
  [block(0xfec0n << 112n, 10), 11],
  [block(0xfc00n << 112n, 7), 5],
];
const OTHER_LABEL = 1;

/**
 * The source address for a destination when neither the program nor the route names one (RFC 6724 section 5,
 * ipv6_dev_get_saddr): of every address of the host, or of the sending device alone where the destination
 * is known only there. Undefined when there is none to choose from.
 *
 * Fidelity: no address is deprecated, temporary, optimistic or a home address, so rules 3, 4 and 7 decide nothing.
 */
export function selectSource6(
  netns: NetNamespace,
  dst: Ipv6,
  dev: NetDevice | undefined,
): Ipv6 | undefined {
  const near = isMulticast6(dst) || scopeOf6(dst) <= SCOPE6.link;
  const onlyDev = dev !== undefined && (near || dev.conf6.useOifAddrsOnly);
  let best: Candidate | undefined;
  for (const device of onlyDev ? [dev] : netns.deviceList) {
    for (const own of device.addresses6) {
      if (own.tentative) continue;
      const candidate = { own, device };
      if (best === undefined || better(candidate, best, { dst, dev })) best = candidate;
    }
  }
  return best?.own.address;
}

interface Candidate {
  readonly own: Ipv6Address;
  readonly device: NetDevice;
}

/** Whether a candidate beats the best so far by the first rule that tells them apart. */
function better(
  a: Candidate,
  b: Candidate,
  wanted: { readonly dst: Ipv6; readonly dev: NetDevice | undefined },
): boolean {
  const { dst, dev } = wanted;
  for (const rule of RULES) {
    const difference = rule(a, dst, dev) - rule(b, dst, dev);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

type Score = (candidate: Candidate, dst: Ipv6, dev: NetDevice | undefined) => number;

const RULES: readonly Score[] = [
  // Rule 1: prefer the same address.
  ({ own }, dst) => (own.address === dst ? 1 : 0),
  // Rule 2: prefer the smallest scope that reaches as far as the destination.
  ({ own }, dst) => {
    const scope = scopeOf6(own.address);
    return scope >= scopeOf6(dst) ? -scope : scope - 128;
  },
  // Rule 5: prefer the sending device.
  ({ device }, _dst, dev) => (dev === undefined || device === dev ? 1 : 0),
  // Rule 6: prefer the same label.
  ({ own }, dst) => (labelOf(own.address) === labelOf(dst) ? 1 : 0),
  // Rule 8: prefer the longest common prefix, as far as the address's own prefix reaches.
  ({ own }, dst) => Math.min(commonPrefix6(own.address, dst), own.prefixLength),
];

function labelOf(address: Ipv6): number {
  for (const [prefix, label] of LABELS) if (contains(prefix, address)) return label;
  return OTHER_LABEL;
}
