/** Names of addresses, as a tcpdump without -n looks them up: /etc/hosts, then PTR questions. */
import {
  ETHERTYPE,
  formatIpv4,
  formatIpv6,
  type Ip,
  type Ipv4,
  type Ipv6,
} from '../../../../topology/index.js';
import { lookupAddress } from '../../net/reverse.js';
import { serviceName } from '../../net/services.js';
import type { ToolIo } from '../tool.js';
import type { Names } from './dissector.js';
import { field } from './frame-tests.js';

/** Looks names up before a packet is told; each address is asked for once (addrtoname.c's cache). */
export class HostNames implements Names {
  private readonly io: ToolIo;
  private readonly known = new Map<string, string | undefined>();

  constructor(io: ToolIo) {
    this.io = io;
  }

  host(address: string): string | undefined {
    return this.known.get(address);
  }

  port(port: number, protocol: 'tcp' | 'udp'): string | undefined {
    return serviceName(port, protocol);
  }

  /** Finds the names of the addresses in a frame whose network header is at an offset. */
  async prepare(frame: Uint8Array, type: number | undefined, at: number): Promise<void> {
    for (const [text, address] of addressesIn(frame, type, at)) {
      if (this.known.has(text)) continue;
      this.known.set(text, undefined);
      this.known.set(text, await lookupAddress(this.io.guest, address));
    }
  }
}

function addressesIn(
  frame: Uint8Array,
  type: number | undefined,
  at: number,
): readonly (readonly [string, Ip])[] {
  if (type === ETHERTYPE.ipv6) {
    return [at + 8, at + 24].flatMap((from) => {
      const octets = frame.subarray(from, from + 16);
      if (octets.length < 16) return [];
      const address = octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n) as Ipv6;
      return [[formatIpv6(address), address] as const];
    });
  }
  const places = type === ETHERTYPE.ipv4 ? [12, 16] : type === ETHERTYPE.arp ? [14, 24] : [];
  return places.flatMap((from) => {
    const address = field(frame, at + from, 4);
    return address === undefined ? [] : [[formatIpv4(address as Ipv4), address as Ipv4] as const];
  });
}
