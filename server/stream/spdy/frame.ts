/**
 * Frames of SPDY/3.1, sections 2.2 and 2.6: control frames with a version and a type, data frames with a stream.
 *
 * Fidelity: CREDENTIAL is passed over; settings that a peer wants kept are not.
 */

const VERSION = 3;
const HEADER_BYTES = 8;
const TYPE = {
  'syn-stream': 1,
  'syn-reply': 2,
  'rst-stream': 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  headers: 8,
  'window-update': 9,
} as const;
const FLAG_FIN = 1;
const FLAG_UNIDIRECTIONAL = 2;
const CONTROL_BIT = 0x8000_0000;
const ID_MASK = 0x7fff_ffff;
/** Longest control frame that is read, in octets; those of kubectl have some hundred. */
const MAX_CONTROL_BYTES = 64 * 1024;
const SETTING_BYTES = 8;

/** A frame. Header blocks are still compressed; a long data frame comes in several, the last with its `fin`. */
export type SpdyFrame =
  | {
      readonly kind: 'syn-stream';
      readonly streamId: number;
      readonly associatedTo: number;
      /** 0 (highest) to 7. */
      readonly priority: number;
      readonly fin: boolean;
      readonly unidirectional: boolean;
      readonly block: Uint8Array;
    }
  | {
      readonly kind: 'syn-reply' | 'headers';
      readonly streamId: number;
      readonly fin: boolean;
      readonly block: Uint8Array;
    }
  | { readonly kind: 'rst-stream'; readonly streamId: number; readonly status: number }
  | {
      readonly kind: 'settings';
      readonly entries: readonly { readonly id: number; readonly value: number }[];
    }
  | { readonly kind: 'ping'; readonly id: number }
  | { readonly kind: 'goaway'; readonly lastGoodStreamId: number; readonly status: number }
  | { readonly kind: 'window-update'; readonly streamId: number; readonly delta: number }
  | {
      readonly kind: 'data';
      readonly streamId: number;
      readonly fin: boolean;
      readonly octets: Uint8Array;
    };

/** Why octets are no SPDY/3.1. */
export type SpdyError = 'unsupported-version' | 'wrong-length' | 'too-long' | 'bad-headers';

/** Cuts a stream of octets into frames; what came after an error is not read. */
export class FrameReader {
  /** Set once the octets are no SPDY. */
  error: SpdyError | undefined;
  private held: Uint8Array = new Uint8Array();
  private data: { streamId: number; fin: boolean; leftBytes: number } | undefined;

  /** Takes octets and gives the frames that they complete. */
  push(octets: Uint8Array): readonly SpdyFrame[] {
    let rest = this.held.length === 0 ? octets : Buffer.concat([this.held, octets]);
    const frames: SpdyFrame[] = [];
    while (this.error === undefined) {
      const used = this.data === undefined ? this.next(rest, frames) : this.piece(rest, frames);
      if (used === 0) break;
      rest = rest.subarray(used);
    }
    this.held = rest;
    return frames;
  }

  /** Reads one frame, or the head of a data frame; gives how many octets it took, 0 when more are needed. */
  private next(octets: Uint8Array, frames: SpdyFrame[]): number {
    if (octets.length < HEADER_BYTES) return 0;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    const first = view.getUint32(0);
    const flags = view.getUint8(4);
    const length = view.getUint32(4) & 0xff_ffff;
    if ((first & CONTROL_BIT) === 0) {
      const fin = (flags & FLAG_FIN) !== 0;
      if (length > 0) this.data = { streamId: first, fin, leftBytes: length };
      else frames.push({ kind: 'data', streamId: first, fin, octets: new Uint8Array() });
      return HEADER_BYTES;
    }
    if (((first >>> 16) & 0x7fff) !== VERSION) this.error = 'unsupported-version';
    else if (length > MAX_CONTROL_BYTES) this.error = 'too-long';
    if (this.error !== undefined || octets.length < HEADER_BYTES + length) return 0;
    const body = octets.slice(HEADER_BYTES, HEADER_BYTES + length);
    const frame = parseControl(first & 0xffff, flags, body);
    if (typeof frame === 'string') this.error = frame;
    else if (frame !== undefined) frames.push(frame);
    return HEADER_BYTES + length;
  }

  private piece(octets: Uint8Array, frames: SpdyFrame[]): number {
    const { data } = this;
    if (data === undefined || octets.length === 0) return 0;
    const piece = octets.subarray(0, data.leftBytes);
    data.leftBytes -= piece.length;
    const isLast = data.leftBytes === 0;
    const { fin, streamId } = data;
    frames.push({ kind: 'data', streamId, fin: fin && isLast, octets: piece });
    if (isLast) this.data = undefined;
    return piece.length;
  }
}

/** Reads what follows a control frame's head; undefined for a type that is passed over. */
function parseControl(
  type: number,
  flags: number,
  body: Uint8Array,
): SpdyFrame | SpdyError | undefined {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const fin = (flags & FLAG_FIN) !== 0;
  switch (type) {
    case TYPE['syn-stream']:
      if (body.length < 10) return 'wrong-length';
      return {
        kind: 'syn-stream',
        streamId: view.getUint32(0) & ID_MASK,
        associatedTo: view.getUint32(4) & ID_MASK,
        priority: view.getUint8(8) >>> 5,
        fin,
        unidirectional: (flags & FLAG_UNIDIRECTIONAL) !== 0,
        block: body.subarray(10),
      };
    case TYPE['syn-reply']:
    case TYPE.headers: {
      if (body.length < 4) return 'wrong-length';
      const kind = type === TYPE.headers ? 'headers' : 'syn-reply';
      return { kind, streamId: view.getUint32(0) & ID_MASK, fin, block: body.subarray(4) };
    }
    case TYPE['rst-stream']:
      if (body.length !== 8) return 'wrong-length';
      return {
        kind: 'rst-stream',
        streamId: view.getUint32(0) & ID_MASK,
        status: view.getUint32(4),
      };
    case TYPE.settings:
      return parseSettings(view);
    case TYPE.ping:
      return body.length === 4 ? { kind: 'ping', id: view.getUint32(0) } : 'wrong-length';
    case TYPE.goaway:
      if (body.length !== 8) return 'wrong-length';
      return {
        kind: 'goaway',
        lastGoodStreamId: view.getUint32(0) & ID_MASK,
        status: view.getUint32(4),
      };
    case TYPE['window-update']:
      if (body.length !== 8) return 'wrong-length';
      return {
        kind: 'window-update',
        streamId: view.getUint32(0) & ID_MASK,
        delta: view.getUint32(4) & ID_MASK,
      };
    default:
      return undefined;
  }
}

function parseSettings(view: DataView): SpdyFrame | SpdyError {
  if (view.byteLength < 4) return 'wrong-length';
  const count = view.getUint32(0);
  if (view.byteLength !== 4 + count * SETTING_BYTES) return 'wrong-length';
  const entries = Array.from({ length: count }, (_, index) => {
    const at = 4 + index * SETTING_BYTES;
    return { id: view.getUint32(at) & 0xff_ffff, value: view.getUint32(at + 4) };
  });
  return { kind: 'settings', entries };
}

/** A frame's octets. */
export function emitFrame(frame: SpdyFrame): Uint8Array {
  if (frame.kind === 'data') {
    const { fin, octets, streamId } = frame;
    const out = Buffer.allocUnsafe(HEADER_BYTES + octets.length);
    out.writeUInt32BE(streamId, 0);
    out.writeUInt32BE((((fin ? FLAG_FIN : 0) << 24) | octets.length) >>> 0, 4);
    out.set(octets, HEADER_BYTES);
    return out;
  }
  const { body, flags } = emitBody(frame);
  const out = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  out.writeUInt32BE((CONTROL_BIT | (VERSION << 16) | TYPE[frame.kind]) >>> 0, 0);
  out.writeUInt32BE(((flags << 24) | body.length) >>> 0, 4);
  out.set(body, HEADER_BYTES);
  return out;
}

function emitBody(frame: Exclude<SpdyFrame, { kind: 'data' }>): {
  readonly flags: number;
  readonly body: Uint8Array;
} {
  switch (frame.kind) {
    case 'syn-stream': {
      const { associatedTo, block, fin, priority, streamId, unidirectional } = frame;
      const flags = (fin ? FLAG_FIN : 0) | (unidirectional ? FLAG_UNIDIRECTIONAL : 0);
      const head = Buffer.from(words(streamId, associatedTo, 0).subarray(0, 10));
      head[8] = priority << 5;
      return { flags, body: Buffer.concat([head, block]) };
    }
    case 'syn-reply':
    case 'headers':
      return {
        flags: frame.fin ? FLAG_FIN : 0,
        body: Buffer.concat([words(frame.streamId), frame.block]),
      };
    case 'rst-stream':
      return { flags: 0, body: words(frame.streamId, frame.status) };
    case 'settings':
      return {
        flags: 0,
        body: words(frame.entries.length, ...frame.entries.flatMap(({ id, value }) => [id, value])),
      };
    case 'ping':
      return { flags: 0, body: words(frame.id) };
    case 'goaway':
      return { flags: 0, body: words(frame.lastGoodStreamId, frame.status) };
    case 'window-update':
      return { flags: 0, body: words(frame.streamId, frame.delta) };
  }
}

function words(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) out.writeUInt32BE(value >>> 0, index * 4);
  return out;
}
