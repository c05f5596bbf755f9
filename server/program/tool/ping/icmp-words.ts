/** What iputils' ping calls ICMP messages (pr_icmph of ping.c and ping6_common.c). */

const UNREACHABLE = [
  'Destination Net Unreachable',
  'Destination Host Unreachable',
  'Destination Protocol Unreachable',
  'Destination Port Unreachable',
  '',
  'Source Route Failed',
  'Destination Net Unknown',
  'Destination Host Unknown',
  'Source Host Isolated',
  'Destination Net Prohibited',
  'Destination Host Prohibited',
  'Destination Net Unreachable for Type of Service',
  'Destination Host Unreachable for Type of Service',
  'Packet filtered',
  'Precedence Violation',
  'Precedence Cutoff',
];

const REDIRECTS = [
  'Redirect Network',
  'Redirect Host',
  'Redirect Type of Service and Network',
  'Redirect Type of Service and Host',
];

const UNREACHABLE6 = [
  'No route',
  'Administratively prohibited',
  'Beyond scope of source address',
  'Address unreachable',
  'Port unreachable',
];

/** An ICMP error. */
export interface IcmpError {
  readonly type: number;
  readonly code: number;
  readonly mtu?: number;
}

/** An error of ICMP. */
export function icmpWords({ code, mtu = 0, type }: IcmpError): string {
  switch (type) {
    case 3:
      if (code === 4) return `Frag needed and DF set (mtu = ${mtu})`;
      return UNREACHABLE[code] ?? `Dest Unreachable, Bad Code: ${code}`;
    case 4:
      return 'Source Quench';
    case 11:
      if (code === 0) return 'Time to live exceeded';
      return code === 1 ? 'Frag reassembly time exceeded' : `Time exceeded, Bad Code: ${code}`;
    case 12:
      return 'Parameter problem: pointer = 0';
    default:
      return `Bad ICMP type: ${type}`;
  }
}

/** A redirect to another gateway. */
export function redirectWords(code: number, gateway: string): string {
  return `${REDIRECTS[code] ?? `Redirect, Bad Code: ${code}`}(New nexthop: ${gateway})`;
}

/** An error of ICMPv6. */
export function icmp6Words({ code, mtu = 0, type }: IcmpError): string {
  switch (type) {
    case 1:
      return `Destination unreachable: ${UNREACHABLE6[code] ?? `Unknown code ${code}`}`;
    case 2:
      return `Packet too big: mtu=${mtu}`;
    case 3:
      return `Time exceeded: ${code === 0 ? 'Hop limit' : code === 1 ? 'Defragmentation failure' : `code ${code}`}`;
    case 4:
      return 'Parameter problem: Wrong header field ';
    default:
      return `unknown icmp type: ${type}`;
  }
}
