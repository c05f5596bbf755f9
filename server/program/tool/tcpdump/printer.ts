/** Lines of tcpdump: time, what the dissector tells, and dumps of octets. */
import { LINK_TYPE } from './capture-file.js';
import { Dissector, type Names, type Style } from './dissector.js';
import { printEthernet, printSll2 } from './ethernet.js';
import { asciiDump, hexDump } from './hex.js';
import { printIpv4 } from './ipv4.js';
import { printIpv6 } from './ipv6.js';

/** How -t, -tt and so on tell time. */
export type TimeStyle = 'clock' | 'none' | 'epoch' | 'delta' | 'date' | 'since-first';

/** What else is told of a packet. */
export interface LineStyle extends Style {
  readonly time: TimeStyle;
  readonly numbered: boolean;
  /** -A, or 0 to 2 of -x and -X: with the link layer's header from 2 on. */
  readonly dump: { readonly kind: 'none' | 'ascii' | 'hex' | 'hex-ascii'; readonly link: boolean };
}

/** A packet to be told. */
export interface Captured {
  readonly octets: Uint8Array;
  readonly originalBytes: number;
  /** From 1970 on. */
  readonly seconds: number;
  readonly microseconds: number;
}

/** Tells packets one after another: relative sequence numbers and times are kept. */
export class PacketPrinter {
  private readonly style: LineStyle;
  private readonly linkType: number;
  private readonly deviceName: (ifindex: number) => string;
  private readonly dissector: Dissector;
  private count = 0;
  private firstMicroseconds: number | undefined = undefined;
  private lastMicroseconds: number | undefined = undefined;

  constructor(
    style: LineStyle,
    how: {
      readonly names: Names;
      readonly linkType: number;
      readonly deviceName: (ifindex: number) => string;
    },
  ) {
    this.style = style;
    this.linkType = how.linkType;
    this.deviceName = how.deviceName;
    const layers = { ethernet: printEthernet, ipv4: printIpv4, ipv6: printIpv6 };
    this.dissector = new Dissector(style, how.names, layers);
  }

  /** The lines of a packet, ended. */
  lines(packet: Captured): string {
    this.count++;
    const { dissector, style } = this;
    const number = style.numbered ? `${String(this.count).padStart(5)}  ` : '';
    const isSll = this.linkType === LINK_TYPE.sll2;
    const told = dissector.tell(packet.octets, () => {
      if (isSll) printSll2(dissector, packet.originalBytes, this.deviceName);
      else printEthernet(dissector, 0, packet.originalBytes);
    });
    return `${number}${this.time(packet)}${told}${this.dump(packet.octets, isSll ? 20 : 14)}\n`;
  }

  private dump(octets: Uint8Array, headerBytes: number): string {
    const { kind, link } = this.style.dump;
    if (kind === 'none') return '';
    const shown = link ? octets : octets.subarray(headerBytes);
    return kind === 'ascii' ? asciiDump(shown) : hexDump(shown, { ascii: kind === 'hex-ascii' });
  }

  private time({ seconds, microseconds }: Captured): string {
    const now = seconds * 1e6 + microseconds;
    this.firstMicroseconds ??= now;
    const base =
      this.style.time === 'delta' ? (this.lastMicroseconds ?? now) : this.firstMicroseconds;
    this.lastMicroseconds = now;
    const fraction = String(microseconds).padStart(6, '0');
    switch (this.style.time) {
      case 'none':
        return '';
      case 'epoch':
        return `${seconds}.${fraction} `;
      case 'clock':
        return `${clockTime(seconds)}.${fraction} `;
      case 'date':
        return `${new Date(seconds * 1000).toISOString().slice(0, 10)} ${clockTime(seconds)}.${fraction} `;
      default: {
        const since = Math.abs(now - base);
        const sign = now < base ? '-' : ' ';
        const rest = String(since % 1e6).padStart(6, '0');
        return `${sign}${clockTime(Math.floor(since / 1e6))}.${rest} `;
      }
    }
  }
}

function clockTime(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
