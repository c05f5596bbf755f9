/** UDP, with the tunnels inside it (print-udp.c, print-vxlan.c, print-otv.c). */
import { type Dissector, hex, shouldBe } from './dissector.js';
import { printDns } from './dns.js';
import type { TransportBody } from './tcp.js';

const HEADER_BYTES = 8;

/** A UDP datagram, or the first fragment of one. */
export function printUdp(d: Dissector, body: TransportBody): void {
  d.protocol = 'udp';
  const { at } = body;
  d.need(at, 4);
  const sport = d.u16(at);
  const dport = d.u16(at + 2);
  const ports = [d.port(sport, 'udp'), d.port(dport, 'udp')];
  d.put(
    body.isAddressed
      ? `${body.src}.${ports[0]} > ${body.dst}.${ports[1]}: `
      : `${ports[0]} > ${ports[1]}: `,
  );
  if (body.length < HEADER_BYTES) {
    d.put(`truncated-udp ${body.length}`);
    return;
  }
  const total = d.u16(at + 4);
  if (total < HEADER_BYTES) {
    d.put(`truncated-udplength ${total}`);
    return;
  }
  const size = total - HEADER_BYTES;
  const there = Math.min(size, body.length - HEADER_BYTES);
  d.need(at, HEADER_BYTES);
  if (d.style.verbosity > 1 && !d.style.unverified && !body.fragmented) {
    const found = d.u16(at + 6);
    if (found === 0) d.put('[no cksum] ');
    else if (d.has(at + HEADER_BYTES, there)) {
      const bytes = there + HEADER_BYTES;
      const sum = d.checksum(at, bytes, body.pseudoSum(bytes, 17));
      if (sum === 0) d.put('[udp sum ok] ');
      else {
        d.put(`[bad udp cksum 0x${hex(found, 4)} -> 0x${hex(shouldBe(found, sum), 4)}!] `);
      }
    }
  }
  const payload = { at: at + HEADER_BYTES, length: there };
  if (!d.style.quick && printKnown(d, payload, (port) => sport === port || dport === port)) return;
  if (size > there && !body.fragmented) d.put(`UDP, bad length ${size} > ${there}`);
  else d.put(`UDP, length ${size}`);
}

function printKnown(
  d: Dissector,
  { at, length }: { readonly at: number; readonly length: number },
  isPort: (port: number) => boolean,
): boolean {
  if (isPort(53)) printDns(d, { at, length, isTcp: false, isMulticast: false });
  else if (isPort(5353)) printDns(d, { at, length, isTcp: false, isMulticast: true });
  else if (isPort(4789)) printVxlan(d, at, length);
  else if (isPort(8472)) printOtv(d, at, length);
  else return false;
  return true;
}

function printVxlan(d: Dissector, at: number, length: number): void {
  d.protocol = 'vxlan';
  if (length < 8) {
    d.put('VXLAN (invalid)');
    return;
  }
  const flags = d.u8(at);
  d.put(`VXLAN, flags [${(flags & 0x08) !== 0 ? 'I' : 'invalid'}] (0x${hex(flags, 2)})`);
  d.put(`, vni ${d.u32(at + 4) >>> 8}\n`);
  d.layers.ethernet(d, at + 8, length - 8);
}

/** The port that Linux gave VXLAN before RFC 7348, flannel's, is OTV's to tcpdump. */
function printOtv(d: Dissector, at: number, length: number): void {
  d.protocol = 'otv';
  if (length < 8) {
    d.put(`OTV, [length ${length} < 8] (invalid)`);
    return;
  }
  const flags = d.u8(at);
  d.put(`OTV, flags [${flags & 0x08 ? 'I' : '.'}] (0x${hex(flags, 2)})`);
  d.put(`, overlay ${d.u32(at) & 0xffffff}, instance ${d.u32(at + 4) >>> 8}\n`);
  d.layers.ethernet(d, at + 8, length - 8);
}
