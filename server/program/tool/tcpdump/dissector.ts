import {
  foldChecksum,
  formatIpv4,
  formatIpv6,
  formatMac,
  type Ipv4,
  type Ipv6,
  MAC_BROADCAST,
  type Mac,
  sumOctets,
} from '../../../../topology/index.js';

/** How packets are told: tcpdump's options of the same letters. */
export interface Style {
  /** -e: the link layer's header. */
  readonly link: boolean;
  /** How many -v. */
  readonly verbosity: number;
  /** -n: addresses and ports as numbers. */
  readonly numeric: boolean;
  /** -q: less about the transport. */
  readonly quick: boolean;
  /** -S: TCP sequence numbers as they are. */
  readonly absolute: boolean;
  /** -K: checksums are not verified. */
  readonly unverified: boolean;
  /** -N: host names without their domain. */
  readonly shortNames: boolean;
}

/** Where names of addresses and ports come from; undefined for what has none. */
export interface Names {
  host(address: string): string | undefined;
  port(port: number, protocol: 'tcp' | 'udp'): string | undefined;
}

/** The printers that printers inside them call again: a tunnel holds a frame, an ICMP error a packet. */
export interface Layers {
  ethernet(d: Dissector, at: number, length: number): void;
  ipv4(d: Dissector, at: number, length: number): void;
  ipv6(d: Dissector, at: number, length: number): void;
}

/** Thrown where a packet ends before what is to be read (nd_trunc_longjmp). */
export class Truncated extends Error {}

/** First sequence numbers of a TCP conversation, by direction. */
export interface Conversation {
  seq: number;
  ack: number;
}

/** A packet being told: octets with bounds, and the text so far (struct netdissect_options). */
export class Dissector {
  readonly style: Style;
  readonly names: Names;
  readonly layers: Layers;
  readonly conversations = new Map<string, Conversation>();
  octets: Uint8Array = new Uint8Array(0);
  /** One past the last octet that may be read (ndo_snapend). */
  end = 0;
  /** What `[|…]` names where the packet is cut. */
  protocol = '';
  text = '';

  constructor(style: Style, names: Names, layers: Layers) {
    this.style = style;
    this.names = names;
    this.layers = layers;
  }

  /** The text that a printer gives for octets. */
  tell(octets: Uint8Array, print: () => void): string {
    this.octets = octets;
    this.end = octets.length;
    this.text = '';
    try {
      print();
    } catch (error) {
      if (!(error instanceof Truncated)) throw error;
      this.put(` [|${this.protocol}]`);
    }
    return this.text;
  }

  put(text: string): void {
    this.text += text;
  }

  has(at: number, bytes: number): boolean {
    return at + bytes <= this.end;
  }

  /** Throws `Truncated` unless so many octets are there. */
  need(at: number, bytes: number): void {
    if (!this.has(at, bytes)) throw new Truncated();
  }

  u8(at: number): number {
    this.need(at, 1);
    return this.octets[at] ?? 0;
  }

  u16(at: number): number {
    this.need(at, 2);
    return ((this.octets[at] ?? 0) << 8) | (this.octets[at + 1] ?? 0);
  }

  u32(at: number): number {
    return this.u16(at) * 0x10000 + this.u16(at + 2);
  }

  /** Runs a printer that must not read beyond an offset (nd_push_snapend). */
  within(end: number, print: () => void): void {
    const outer = this.end;
    this.end = Math.min(end, outer);
    print();
    this.end = outer;
  }

  ipv4(at: number): string {
    return this.hostName(formatIpv4(this.u32(at) as Ipv4));
  }

  ipv6(at: number): string {
    this.need(at, 16);
    let address = 0n;
    for (let index = 0; index < 16; index++) {
      address = (address << 8n) | BigInt(this.octets[at + index] ?? 0);
    }
    return this.hostName(formatIpv6(address as Ipv6));
  }

  mac(at: number): string {
    this.need(at, 6);
    let value = 0;
    for (let index = 0; index < 6; index++) value = value * 256 + (this.octets[at + index] ?? 0);
    const mac = value as Mac;
    if (this.style.numeric) return formatMac(mac);
    return mac === MAC_BROADCAST ? 'Broadcast' : `${formatMac(mac)} (oui Unknown)`;
  }

  port(port: number, protocol: 'tcp' | 'udp'): string {
    const name = this.style.numeric ? undefined : this.names.port(port, protocol);
    return name ?? String(port);
  }

  /** A checksum with a pseudo header's sum: 0 when it is right (in_cksum). */
  checksum(at: number, bytes: number, pseudoSum = 0): number {
    return foldChecksum(pseudoSum + sumOctets(this.octets, at, at + bytes));
  }

  private hostName(address: string): string {
    const name = this.style.numeric ? undefined : this.names.host(address);
    if (name === undefined) return address;
    return this.style.shortNames ? (name.split('.')[0] ?? name) : name;
  }
}

/** What a checksum ought to be, from what it is and what the sum over all gives (in_cksum_shouldbe). */
export function shouldBe(found: number, folded: number): number {
  let sum = found + folded;
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum + (sum >>> 16)) & 0xffff;
}

/** Names of the bits that are set, or `none`. */
export function bitNames(
  names: readonly (readonly [bit: number, name: string])[],
  value: number,
  join = ', ',
): string {
  const set = names.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name);
  return set.length > 0 ? set.join(join) : 'none';
}

/** A number in hexadecimal with so many digits at least. */
export function hex(value: number, digits = 1): string {
  return value.toString(16).padStart(digits, '0');
}
