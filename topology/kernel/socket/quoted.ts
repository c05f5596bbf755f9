import type { L4Body } from '../../wire/index.js';

/** Ports of a packet that an ICMP error quotes; RFC 792 promises no more than these. */
export interface QuotedPorts {
  readonly srcPort: number;
  readonly dstPort: number;
  /** TCP's sequence number, where the quote reaches it. */
  readonly seq: number | undefined;
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** Reads the ports of a quoted transport header, whether or not it could be parsed whole. */
export function quotedPorts(body: L4Body): QuotedPorts | undefined {
  switch (body.kind) {
    case 'udp': {
      const payload = body.payload instanceof Uint8Array ? body.payload : NOTHING;
      return { srcPort: body.srcPort, dstPort: body.dstPort, seq: undefined, payload };
    }
    case 'tcp':
      return { srcPort: body.srcPort, dstPort: body.dstPort, seq: body.seq, payload: body.payload };
    case 'opaque': {
      const { octets } = body;
      if (octets.length < 8) return undefined;
      const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
      return {
        srcPort: view.getUint16(0),
        dstPort: view.getUint16(2),
        seq: view.getUint32(4),
        payload: octets.subarray(8),
      };
    }
    case 'icmp':
      return undefined;
  }
}
