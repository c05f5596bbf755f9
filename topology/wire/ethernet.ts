import type { Mac } from '../addr/index.js';
import { fail, ok, type Result } from '../base/index.js';
import { truncated, type WireError } from './error.js';
import { get16, getMac, put16, putMac } from './octets.js';

/**
 * Ethernet II, IEEE 802.3 clause 3.
 *
 * Fidelity: VLAN tags (802.1Q) stay part of an opaque payload; frames are not padded to 60 octets, as
 * on Linux's virtual devices.
 */
export const ETHERNET_HEADER_BYTES = 14;

const DST = 0;
const SRC = 6;
const ETHERTYPE_AT = 12;

/** The header of a frame. */
export interface EthernetHeader {
  readonly src: Mac;
  readonly dst: Mac;
  readonly etherType: number;
}

/** Writes the 14 octets of the header at an offset. */
export function writeEthernetHeader(octets: Uint8Array, at: number, header: EthernetHeader): void {
  putMac(octets, at + DST, header.dst);
  putMac(octets, at + SRC, header.src);
  put16(octets, at + ETHERTYPE_AT, header.etherType);
}

/** Reads the header. Failures: `wire/truncated`. */
export function parseEthernetHeader(octets: Uint8Array): Result<EthernetHeader, WireError> {
  if (octets.length < ETHERNET_HEADER_BYTES) {
    return fail(truncated('ethernet', ETHERNET_HEADER_BYTES, octets.length));
  }
  return ok({
    src: getMac(octets, SRC),
    dst: getMac(octets, DST),
    etherType: get16(octets, ETHERTYPE_AT),
  });
}
