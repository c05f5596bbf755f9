import type { Mac } from '../addr/index.js';
import { MAC_ZERO } from '../addr/index.js';
import { type DissectedLayer, dissect } from './dissect.js';
import { ETHERNET_HEADER_BYTES } from './ethernet.js';
import { emitFrame } from './frame.js';
import { ETHERTYPE, type Frame, type L3Packet } from './packet.js';

/** A packet at one moment: its Ethernet header is there only where a device has given it one. */
export interface PictureSource {
  readonly srcMac: Mac | undefined;
  readonly dstMac: Mac | undefined;
  readonly packet: L3Packet;
}

/** A field of a header and the octets it stands in. */
export interface PictureField {
  readonly name: string;
  readonly value: string;
  /** Octets from the start of the picture; absent for what was computed, not read. */
  readonly offset?: number;
  /** Octets that the field touches; a flag touches one. */
  readonly length?: number;
}

/** A header, or the payload, and where it begins. */
export interface PictureLayer {
  readonly name: string;
  readonly offset: number;
  /** Octets up to the next header. */
  readonly length: number;
  readonly fields: readonly PictureField[];
}

/** A packet as octets and as headers, outermost first. */
export interface PacketPicture {
  readonly layers: readonly PictureLayer[];
  readonly octets: Uint8Array;
}

/** Reads a packet header by header; offsets count from its first octet, which is IP's before a device framed it. */
export function picturePacket(source: PictureSource): PacketPicture {
  const { srcMac, dstMac, packet } = source;
  const frame: Frame = {
    src: srcMac ?? MAC_ZERO,
    dst: dstMac ?? MAC_ZERO,
    etherType: etherTypeOf(packet),
    packet,
  };
  const octets = emitFrame(frame);
  const layers = dissect(frame);
  if (srcMac !== undefined && dstMac !== undefined)
    return { octets, layers: placed(layers, octets.length, 0) };
  const bare = octets.subarray(ETHERNET_HEADER_BYTES);
  return { octets: bare, layers: placed(layers.slice(1), bare.length, ETHERNET_HEADER_BYTES) };
}

function placed(
  layers: readonly DissectedLayer[],
  end: number,
  shift: number,
): readonly PictureLayer[] {
  const starts = layers.map(({ fields }) => (fields[0]?.offset ?? shift) - shift);
  return layers.map(({ layer, fields }, index) => {
    const offset = starts[index] ?? 0;
    return {
      name: layer,
      offset,
      length: (starts[index + 1] ?? end) - offset,
      fields: fields.map(({ name, value, offset: at, bits = 0 }) =>
        at === undefined || bits === 0
          ? { name, value }
          : { name, value, offset: at - shift, length: Math.ceil(bits / 8) },
      ),
    };
  });
}

function etherTypeOf(packet: L3Packet): number {
  if (packet.kind === 'arp') return ETHERTYPE.arp;
  return packet.kind === 'ipv6' ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4;
}
