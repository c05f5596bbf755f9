/** Header blocks of SPDY/3.1, section 2.6.10: names and values with their lengths, in one zlib stream per direction. */

import { constants, createInflate, type Inflate } from 'node:zlib';
import { HEADER_DICTIONARY } from './dictionary.js';

/** Headers by their name in lower case. Several values of one name are joined by NUL, as on the wire. */
export type Headers = ReadonlyMap<string, string>;

/** Longest header block that is read, in octets after decompression. */
const MAX_BLOCK_BYTES = 64 * 1024;
/** Longest stored block of DEFLATE, RFC 1951 section 3.2.4. */
const MAX_STORED_BYTES = 0xffff;
/** CMF and FLG of a zlib stream without a dictionary, RFC 1950 section 2.2. */
const ZLIB_HEAD = Uint8Array.of(0x78, 0x01);

/** Reads the header blocks of one direction, in their order. */
export class HeaderReader {
  private readonly inflate: Inflate;
  private pieces: Buffer[] = [];
  private bytes = 0;
  private failed = false;
  private settle: () => void = () => undefined;

  constructor() {
    this.inflate = createInflate({ dictionary: HEADER_DICTIONARY });
    this.inflate.on('data', (piece: Buffer) => {
      this.bytes += piece.length;
      if (this.bytes <= MAX_BLOCK_BYTES) this.pieces.push(piece);
      else this.fail();
    });
    this.inflate.on('error', () => this.fail());
  }

  /** Headers of the next block; undefined when it is malformed or too long, and ever after. One at a time. */
  async read(block: Uint8Array): Promise<Headers | undefined> {
    if (!this.failed) {
      await new Promise<void>((resolve) => {
        this.settle = resolve;
        this.inflate.write(block);
        this.inflate.flush(constants.Z_SYNC_FLUSH, resolve);
      });
    }
    const octets = Buffer.concat(this.pieces);
    this.pieces = [];
    this.bytes = 0;
    const headers = this.failed ? undefined : parseHeaders(octets);
    if (headers === undefined) this.fail();
    return headers;
  }

  close(): void {
    this.fail();
  }

  private fail(): void {
    this.failed = true;
    this.inflate.close();
    this.settle();
  }
}

/**
 * Writes the header blocks of one direction, in their order.
 *
 * Fidelity: blocks are stored, not compressed; what podnet sends are empty headers.
 */
export class HeaderWriter {
  private isFirst = true;

  write(headers: Headers): Uint8Array {
    const octets = emitHeaders(headers);
    const parts: Uint8Array[] = this.isFirst ? [ZLIB_HEAD] : [];
    this.isFirst = false;
    for (let at = 0; at < octets.length; at += MAX_STORED_BYTES)
      parts.push(...storedBlock(octets.subarray(at, at + MAX_STORED_BYTES)));
    // Ends on an empty block, as Z_SYNC_FLUSH does: Go's reader gives nothing away before it.
    parts.push(...storedBlock(Buffer.alloc(0)));
    return Buffer.concat(parts);
  }
}

/** A stored block that is not the last, RFC 1951 section 3.2.4. */
function storedBlock(octets: Uint8Array): readonly Uint8Array[] {
  const head = Buffer.alloc(5);
  head.writeUInt16LE(octets.length, 1);
  head.writeUInt16LE(~octets.length & 0xffff, 3);
  return [head, octets];
}

function parseHeaders(octets: Buffer): Headers | undefined {
  let at = 0;
  const number = (): number | undefined => {
    if (octets.length - at < 4) return undefined;
    at += 4;
    return octets.readUInt32BE(at - 4);
  };
  const text = (): string | undefined => {
    const length = number();
    if (length === undefined || octets.length - at < length) return undefined;
    at += length;
    return octets.toString('latin1', at - length, at);
  };
  const headers = new Map<string, string>();
  const count = number();
  if (count === undefined) return undefined;
  for (let index = 0; index < count; index += 1) {
    const name = text();
    const value = text();
    if (name === undefined || value === undefined || headers.has(name)) return undefined;
    if (name === '' || name !== name.toLowerCase()) return undefined;
    headers.set(name, value);
  }
  return at === octets.length ? headers : undefined;
}

function emitHeaders(headers: Headers): Buffer {
  const number = (value: number): Buffer => {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(value);
    return out;
  };
  const parts = [number(headers.size)];
  for (const text of [...headers].flat())
    parts.push(number(text.length), Buffer.from(text, 'latin1'));
  return Buffer.concat(parts);
}
