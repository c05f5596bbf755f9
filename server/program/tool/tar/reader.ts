import { decodeUtf8 } from '../../../../topology/index.js';
import { OctetQueue } from '../../io/octets.js';
import type { Input } from '../../shell/streams.js';
import {
  BLOCK_BYTES,
  paddedBytes,
  parseHeader,
  parsePaxRecords,
  type TarHeader,
} from './header.js';

/** A member of an archive: its header with long names put in, and its content. */
export interface TarMember {
  readonly header: TarHeader;
  readonly octets: Uint8Array;
}

/** Why an archive cannot be read on. */
export type TarReadError = 'not-an-archive' | 'unexpected-end' | 'too-large';

/** Largest member that is taken, in octets. */
const MAX_MEMBER_BYTES = 512 * 1024 * 1024;
/** Largest record of long names. */
const MAX_RECORD_BYTES = 1024 * 1024;

/** Reads members one after another from a stream. */
export class TarReader {
  private readonly input: Input;
  private readonly queue = new OctetQueue();
  private global: ReadonlyMap<string, string> = new Map();
  private members = 0;

  constructor(input: Input) {
    this.input = input;
  }

  /** The next member; undefined at the end of the archive. */
  async next(): Promise<TarMember | TarReadError | undefined> {
    let own: ReadonlyMap<string, string> = new Map();
    for (;;) {
      const block = await this.take(BLOCK_BYTES);
      if (block === undefined) return this.members === 0 ? 'not-an-archive' : undefined;
      if (block.length < BLOCK_BYTES) {
        return this.members === 0 ? 'not-an-archive' : 'unexpected-end';
      }
      if (block.every((octet) => octet === 0)) return undefined;
      const header = parseHeader(block);
      if (header === undefined || header.size < 0) return 'not-an-archive';
      const isRecord = ['L', 'K', 'x', 'g'].includes(header.type);
      const sizeText = own.get('size') ?? this.global.get('size');
      const size = isRecord || sizeText === undefined ? header.size : Number(sizeText);
      if (!(size <= (isRecord ? MAX_RECORD_BYTES : MAX_MEMBER_BYTES))) return 'too-large';
      const content = hasContent(header.type) ? await this.content(size) : NOTHING;
      if (content === undefined) return 'unexpected-end';
      this.members++;
      if (header.type === 'g') this.global = parsePaxRecords(content);
      else if (isRecord) own = new Map([...own, ...recordsOf(header.type, content)]);
      else return { header: named({ ...header, size }, this.global, own), octets: content };
    }
  }

  private async content(size: number): Promise<Uint8Array | undefined> {
    const octets = await this.take(paddedBytes(size));
    if (octets === undefined) return size === 0 ? NOTHING : undefined;
    return octets.length < size ? undefined : octets.subarray(0, size);
  }

  /** So many octets, fewer when the stream ends before, undefined when it has ended. */
  private async take(bytes: number): Promise<Uint8Array | undefined> {
    if (bytes === 0) return NOTHING;
    while (this.queue.length < bytes) {
      const more = await this.input.read();
      if (more === undefined) break;
      this.queue.push(more);
    }
    return this.queue.length === 0 ? undefined : this.queue.take(bytes);
  }
}

const NOTHING = new Uint8Array(0);

/** Links, directories and devices have no content, whatever their size says. */
function hasContent(type: string): boolean {
  return !['1', '2', '3', '4', '5', '6'].includes(type);
}

function recordsOf(type: string, content: Uint8Array): ReadonlyMap<string, string> {
  if (type === 'x') return parsePaxRecords(content);
  const end = content.indexOf(0);
  const text = decodeUtf8(end < 0 ? content : content.subarray(0, end));
  return new Map([[type === 'L' ? 'path' : 'linkpath', text]]);
}

function named(
  header: TarHeader,
  global: ReadonlyMap<string, string>,
  own: ReadonlyMap<string, string>,
): TarHeader {
  const record = (key: string) => own.get(key) ?? global.get(key);
  const modified = Number(record('mtime') ?? header.modified);
  return {
    ...header,
    name: record('path') ?? header.name,
    linkName: record('linkpath') ?? header.linkName,
    modified: Number.isFinite(modified) ? modified : header.modified,
  };
}
