import { formatIp, type Ip, isIpv4, maskOf4 } from '../../../addr/index.js';
import type { SetAddresses, SetType } from '../../set-spec.js';

/** Revisions of the types as Linux 6.18 has them. */
export const SET_REVISIONS: Readonly<Record<SetType, number>> = {
  'hash:ip': 6,
  'hash:net': 7,
  'hash:ip,port': 7,
  'hash:ip,port,ip': 6,
  'hash:ip,port,net': 8,
  'hash:net,port': 8,
  'hash:mac': 1,
  'bitmap:port': 3,
  'bitmap:ip': 3,
  'list:set': 3,
};

/** An address cut to a prefix. */
export function networkOf(address: Ip, prefixLength: number): Ip {
  if (isIpv4(address)) return ((address & maskOf4(prefixLength)) >>> 0) as Ip;
  const shift = BigInt(128 - prefixLength);
  return ((BigInt(address) >> shift) << shift) as Ip;
}

/** The networks that make up a range, as ip_set_range_to_cidr cuts it. */
export function networksOf(range: SetAddresses): readonly { network: Ip; prefixLength: number }[] {
  const { from, to, prefixLength } = range;
  if (prefixLength !== undefined) {
    return [{ network: networkOf(from, prefixLength), prefixLength }];
  }
  if (!isIpv4(from) || !isIpv4(to)) return [{ network: from, prefixLength: 128 }];
  const networks: { network: Ip; prefixLength: number }[] = [];
  for (let at: number = from; at <= to; ) {
    let length = 32;
    while (length > 0) {
      const size = 2 ** (32 - (length - 1));
      if (at % size !== 0 || at + size - 1 > to) break;
      length--;
    }
    networks.push({ network: at as Ip, prefixLength: length });
    at += 2 ** (32 - length);
  }
  return networks;
}

/** The single addresses of a range. */
export function* addressesOf(range: SetAddresses): Iterable<Ip> {
  const { from, to } = range;
  if (isIpv4(from) && isIpv4(to)) {
    for (let at: number = from; at <= to; at++) yield at as Ip;
  } else yield from;
}

/** A network, without its prefix length when it is one host. */
export function networkText(network: Ip, prefixLength: number): string {
  const widest = isIpv4(network) ? 32 : 128;
  return prefixLength === widest ? formatIp(network) : `${formatIp(network)}/${prefixLength}`;
}
