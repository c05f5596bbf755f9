import { concatOctets } from './octets.js';
import { encodeUtf8 } from './text.js';

/**
 * Capture files in the pcapng format (draft-ietf-opsawg-pcapng): what Wireshark and tshark read. Octets
 * in, octets out, little-endian.
 */

/** A device whose frames are in the file. */
export interface PcapngDevice {
  /** Such as `node-1/cni0`. */
  readonly name: string;
  readonly description?: string;
}

/** One captured frame. */
export interface PcapngFrame {
  /** Index in the list of devices. */
  readonly device: number;
  /** Nanoseconds; counted from the Unix epoch for Wireshark, any origin will do. */
  readonly atNs: number | bigint;
  readonly octets: Uint8Array;
  /** Octets on the wire when fewer were kept. */
  readonly originalBytes?: number;
  readonly comment?: string;
  readonly direction?: 'in' | 'out';
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
const OPTION_COMMENT = 1;
const OPTION_USER_APPLICATION = 4;
const OPTION_IF_NAME = 2;
const OPTION_IF_DESCRIPTION = 3;
const OPTION_IF_TSRESOL = 9;
const OPTION_PACKET_FLAGS = 2;
const NANOSECONDS = 9;

/** Gives a whole file. Every frame's device must be in the list; frames stay in the order given. */
export function emitPcapng(
  devices: readonly PcapngDevice[],
  frames: readonly PcapngFrame[],
): Uint8Array {
  return concatOctets([pcapngHeader(devices), ...frames.map(pcapngFrame)]);
}

/** The blocks at the start of a file, to be followed by `pcapngFrame` blocks. */
export function pcapngHeader(devices: readonly PcapngDevice[]): Uint8Array {
  const fixed = new Uint8Array(16);
  put32le(fixed, 0, BYTE_ORDER_MAGIC);
  put16le(fixed, 4, 1);
  // Section length -1: not given.
  fixed.fill(0xff, 8, 16);
  const section = block(SECTION_HEADER, fixed, [[OPTION_USER_APPLICATION, encodeUtf8('podnet')]]);
  return concatOctets([section, ...devices.map(interfaceBlock)]);
}

/** The block of one frame. */
export function pcapngFrame(frame: PcapngFrame): Uint8Array {
  const { octets } = frame;
  const atNs = BigInt(frame.atNs);
  const body = new Uint8Array(20 + pad4(octets.length));
  put32le(body, 0, frame.device);
  put32le(body, 4, Number((atNs >> 32n) & 0xffffffffn));
  put32le(body, 8, Number(atNs & 0xffffffffn));
  put32le(body, 12, octets.length);
  put32le(body, 16, frame.originalBytes ?? octets.length);
  body.set(octets, 20);
  const options: Option[] = [];
  if (frame.comment !== undefined) options.push([OPTION_COMMENT, encodeUtf8(frame.comment)]);
  if (frame.direction !== undefined) {
    const flags = new Uint8Array(4);
    flags[0] = frame.direction === 'in' ? 1 : 2;
    options.push([OPTION_PACKET_FLAGS, flags]);
  }
  return block(ENHANCED_PACKET, body, options);
}

type Option = readonly [code: number, value: Uint8Array];

function interfaceBlock(device: PcapngDevice): Uint8Array {
  const fixed = new Uint8Array(8);
  put16le(fixed, 0, LINKTYPE_ETHERNET);
  // Snap length 0: no limit.
  const options: Option[] = [[OPTION_IF_NAME, encodeUtf8(device.name)]];
  if (device.description !== undefined) {
    options.push([OPTION_IF_DESCRIPTION, encodeUtf8(device.description)]);
  }
  options.push([OPTION_IF_TSRESOL, Uint8Array.of(NANOSECONDS)]);
  return block(INTERFACE_DESCRIPTION, fixed, options);
}

function block(type: number, body: Uint8Array, options: readonly Option[]): Uint8Array {
  const optionBytes = options.reduce((sum, [, value]) => sum + 4 + pad4(value.length), 0);
  const total = 12 + body.length + (options.length === 0 ? 0 : optionBytes + 4);
  const octets = new Uint8Array(total);
  put32le(octets, 0, type);
  put32le(octets, 4, total);
  octets.set(body, 8);
  let at = 8 + body.length;
  for (const [code, value] of options) {
    put16le(octets, at, code);
    put16le(octets, at + 2, value.length);
    octets.set(value, at + 4);
    at += 4 + pad4(value.length);
  }
  put32le(octets, total - 4, total);
  return octets;
}

function pad4(length: number): number {
  return length + ((4 - (length % 4)) % 4);
}

function put16le(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value;
  octets[at + 1] = value >>> 8;
}

function put32le(octets: Uint8Array, at: number, value: number): void {
  put16le(octets, at, value);
  put16le(octets, at + 2, value >>> 16);
}
