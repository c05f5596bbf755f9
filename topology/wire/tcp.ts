import { fail, ok, type Result } from '../base/index.js';
import { foldChecksum, sumOctets } from './checksum.js';
import { truncated, type WireError } from './error.js';
import { get16, get32, put16, put32 } from './octets.js';
import { NO_TCP_OPTIONS, type SackBlock, type TcpOptions, type TcpSegment } from './packet.js';

/**
 * Transmission Control Protocol, RFC 9293; options of RFC 7323 and RFC 2018.
 *
 * Fidelity: the urgent pointer and options that Linux does not send by itself are not kept when read and
 * never written.
 */
export const TCP_HEADER_BYTES = 20;

const SRC_PORT = 0;
const DST_PORT = 2;
const SEQ = 4;
const ACK = 8;
const DATA_OFFSET = 12;
const FLAGS = 13;
const WINDOW = 14;
const CHECKSUM = 16;
const URGENT = 18;

const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_MSS = 2;
const OPTION_WINDOW_SCALE = 3;
const OPTION_SACK_PERMITTED = 4;
const OPTION_SACK = 5;
const OPTION_TIMESTAMP = 8;

/** Octets of one block of a SACK option. */
const SACK_BLOCK_BYTES = 8;

/** Octets of a header with these options, padding included: from 20 to 40. */
export function tcpHeaderBytes(options: TcpOptions): number {
  if (options === NO_TCP_OPTIONS) return TCP_HEADER_BYTES;
  let bytes = TCP_HEADER_BYTES;
  if (options.mss !== undefined) bytes += 4;
  if (options.timestamp !== undefined) bytes += 12;
  else if (options.sackPermitted === true) bytes += 4;
  if (options.windowScale !== undefined) bytes += 4;
  if (options.sack !== undefined) bytes += 4 + options.sack.length * SACK_BLOCK_BYTES;
  return bytes;
}

/** Where a segment stands in the octets, and the sum of its pseudo header. */
export interface TcpPlace {
  readonly at: number;
  readonly pseudoSum: number;
}

/** Writes header, options, payload and checksum. */
export function writeTcp(octets: Uint8Array, tcp: TcpSegment, place: TcpPlace): void {
  const { at, pseudoSum } = place;
  const headerBytes = tcpHeaderBytes(tcp.options);
  put16(octets, at + SRC_PORT, tcp.srcPort);
  put16(octets, at + DST_PORT, tcp.dstPort);
  put32(octets, at + SEQ, tcp.seq);
  put32(octets, at + ACK, tcp.ack);
  octets[at + DATA_OFFSET] = (headerBytes >>> 2) << 4;
  octets[at + FLAGS] = tcp.flags;
  put16(octets, at + WINDOW, tcp.window);
  put16(octets, at + CHECKSUM, 0);
  put16(octets, at + URGENT, 0);
  writeOptions(octets, at + TCP_HEADER_BYTES, tcp.options);
  octets.set(tcp.payload, at + headerBytes);
  const end = at + headerBytes + tcp.payload.length;
  put16(octets, at + CHECKSUM, foldChecksum(pseudoSum + sumOctets(octets, at, end)));
}

/**
 * Reads a segment that fills the octets. Failures: `wire/truncated`, `wire/bad-length` (data offset
 * or an option's length), `wire/bad-checksum`.
 */
export function parseTcp(octets: Uint8Array, pseudoSum: number): Result<TcpSegment, WireError> {
  if (octets.length < TCP_HEADER_BYTES) {
    return fail(truncated('tcp', TCP_HEADER_BYTES, octets.length));
  }
  const headerBytes = ((octets[DATA_OFFSET] ?? 0) >>> 4) * 4;
  if (headerBytes < TCP_HEADER_BYTES) {
    const value = headerBytes;
    return fail({ code: 'wire/bad-length', layer: 'tcp', field: 'data offset', value });
  }
  if (headerBytes > octets.length) return fail(truncated('tcp', headerBytes, octets.length));
  const sum = pseudoSum + sumOctets(octets);
  if (foldChecksum(sum) !== 0) {
    const found = get16(octets, CHECKSUM);
    return fail({
      code: 'wire/bad-checksum',
      layer: 'tcp',
      found,
      expected: foldChecksum(sum - found),
    });
  }
  const options = readOptions(octets.subarray(TCP_HEADER_BYTES, headerBytes));
  if (!options.ok) return options;
  return ok({
    kind: 'tcp',
    srcPort: get16(octets, SRC_PORT),
    dstPort: get16(octets, DST_PORT),
    seq: get32(octets, SEQ),
    ack: get32(octets, ACK),
    flags: octets[FLAGS] ?? 0,
    window: get16(octets, WINDOW),
    options: options.value,
    payload: octets.slice(headerBytes),
  });
}

/** In the order and with the padding of Linux's `tcp_options_write` (net/ipv4/tcp_output.c). */
function writeOptions(octets: Uint8Array, start: number, options: TcpOptions): void {
  let at = start;
  if (options.mss !== undefined) {
    octets[at] = OPTION_MSS;
    octets[at + 1] = 4;
    put16(octets, at + 2, options.mss);
    at += 4;
  }
  const sack = options.sackPermitted === true;
  if (sack || options.timestamp !== undefined) {
    // Before a timestamp, SACK-permitted takes the place of the two NOPs.
    const besideTimestamp = sack && options.timestamp !== undefined;
    octets[at] = besideTimestamp ? OPTION_SACK_PERMITTED : OPTION_NOP;
    octets[at + 1] = besideTimestamp ? 2 : OPTION_NOP;
    at += 2;
  }
  if (options.timestamp !== undefined) {
    octets[at] = OPTION_TIMESTAMP;
    octets[at + 1] = 10;
    put32(octets, at + 2, options.timestamp.value);
    put32(octets, at + 6, options.timestamp.echo);
    at += 10;
  } else if (sack) {
    octets[at] = OPTION_SACK_PERMITTED;
    octets[at + 1] = 2;
    at += 2;
  }
  if (options.windowScale !== undefined) {
    octets[at] = OPTION_NOP;
    octets[at + 1] = OPTION_WINDOW_SCALE;
    octets[at + 2] = 3;
    octets[at + 3] = options.windowScale;
    at += 4;
  }
  if (options.sack !== undefined) writeSack(octets, at, options.sack);
}

function writeSack(octets: Uint8Array, at: number, blocks: readonly SackBlock[]): void {
  octets[at] = OPTION_NOP;
  octets[at + 1] = OPTION_NOP;
  octets[at + 2] = OPTION_SACK;
  octets[at + 3] = 2 + blocks.length * SACK_BLOCK_BYTES;
  blocks.forEach(({ left, right }, index) => {
    put32(octets, at + 4 + index * SACK_BLOCK_BYTES, left);
    put32(octets, at + 8 + index * SACK_BLOCK_BYTES, right);
  });
}

function readSack(octets: Uint8Array, at: number, length: number): readonly SackBlock[] {
  const blocks: SackBlock[] = [];
  for (let from = at + 2; from < at + length; from += SACK_BLOCK_BYTES) {
    blocks.push({ left: get32(octets, from), right: get32(octets, from + 4) });
  }
  return blocks;
}

function readOptions(octets: Uint8Array): Result<TcpOptions, WireError> {
  const options: { -readonly [K in keyof TcpOptions]: TcpOptions[K] } = {};
  let at = 0;
  while (at < octets.length) {
    const kind = octets[at] ?? OPTION_END;
    if (kind === OPTION_END) break;
    if (kind === OPTION_NOP) {
      at += 1;
      continue;
    }
    const length = octets[at + 1] ?? 0;
    if (length < 2 || at + length > octets.length) {
      return fail({ code: 'wire/bad-length', layer: 'tcp', field: 'option length', value: length });
    }
    if (kind === OPTION_MSS && length === 4) options.mss = get16(octets, at + 2);
    else if (kind === OPTION_WINDOW_SCALE && length === 3)
      options.windowScale = octets[at + 2] ?? 0;
    else if (kind === OPTION_SACK_PERMITTED && length === 2) options.sackPermitted = true;
    else if (kind === OPTION_TIMESTAMP && length === 10) {
      options.timestamp = { value: get32(octets, at + 2), echo: get32(octets, at + 6) };
    } else if (kind === OPTION_SACK && length > 2 && (length - 2) % SACK_BLOCK_BYTES === 0) {
      options.sack = readSack(octets, at, length);
    }
    at += length;
  }
  return ok(options);
}
