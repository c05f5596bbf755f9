import {
  ETHERNET_HEADER_BYTES,
  ETHERTYPE,
  foldChecksum,
  get16,
  IPPROTO,
  pseudoSum4,
  pseudoSum6,
  put16,
  readIpv4Header,
  readIpv6Header,
  sumOctets,
  UDP_HEADER_BYTES,
  VXLAN_HEADER_BYTES,
  VXLAN_PORTS,
} from '../../../topology/wire/index.js';

/** Where the checksum stands in a transport header. */
const CHECKSUM_AT: Readonly<Record<number, number>> = { [IPPROTO.tcp]: 16, [IPPROTO.udp]: 6 };

/**
 * Fills in, in place, the transport checksums of a captured frame. Virtual devices leave them to hardware that is
 * not there (CHECKSUM_PARTIAL), so a capture sees them unfinished.
 */
export function completeChecksums(frame: Uint8Array): void {
  if (frame.length < ETHERNET_HEADER_BYTES) return;
  const octets = frame.subarray(ETHERNET_HEADER_BYTES);
  switch (get16(frame, 12)) {
    case ETHERTYPE.ipv4: {
      const read = readIpv4Header(octets);
      if (!read.ok) return;
      const { header, bodyAt, end } = read.value;
      if (header.mf || header.fragOffset > 0) return;
      const { src, dst, proto } = header;
      const body = octets.subarray(bodyAt, end);
      complete(body, proto, pseudoSum4(src, dst, proto, body.length));
      return;
    }
    case ETHERTYPE.ipv6: {
      const read = readIpv6Header(octets);
      if (!read.ok || read.value.header.fragment !== undefined) return;
      const { header, bodyAt, end } = read.value;
      const { src, dst, proto } = header;
      const body = octets.subarray(bodyAt, end);
      complete(body, proto, pseudoSum6(src, dst, proto, body.length));
    }
  }
}

function complete(body: Uint8Array, proto: number, pseudoSum: number): void {
  const at = CHECKSUM_AT[proto];
  if (at === undefined || body.length < at + 2) return;
  if (proto === IPPROTO.udp) {
    if (VXLAN_PORTS.has(get16(body, 2))) {
      completeChecksums(body.subarray(UDP_HEADER_BYTES + VXLAN_HEADER_BYTES));
    }
    if (get16(body, at) === 0) return;
  }
  put16(body, at, 0);
  const checksum = foldChecksum(sumOctets(body) + pseudoSum);
  put16(body, at, checksum === 0 ? 0xffff : checksum);
}
