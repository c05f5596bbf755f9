/** The 512-octet header of a tar member: ustar as POSIX.1-2017 pax describes it, with GNU's marks where they differ. */
import { decodeUtf8, encodeUtf8 } from '../../../../topology/index.js';

/** Octets of a header, and the unit in which members are padded. */
export const BLOCK_BYTES = 512;

/** What a header says. Times are seconds since 1970. */
export interface TarHeader {
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  readonly modified: number;
  /** `0` file, `1` hard link, `2` symbolic link, `5` directory, `L` and `K` GNU long names, `x` and `g` pax records. */
  readonly type: string;
  readonly linkName: string;
}

const NAME = { at: 0, bytes: 100 } as const;
const MODE = { at: 100, bytes: 8 } as const;
const UID = { at: 108, bytes: 8 } as const;
const GID = { at: 116, bytes: 8 } as const;
const SIZE = { at: 124, bytes: 12 } as const;
const MODIFIED = { at: 136, bytes: 12 } as const;
const CHECKSUM = { at: 148, bytes: 8 } as const;
const TYPE = { at: 156, bytes: 1 } as const;
const LINK_NAME = { at: 157, bytes: 100 } as const;
const MAGIC = { at: 257, bytes: 8 } as const;
const OWNER = { at: 265, bytes: 32 } as const;
const GROUP = { at: 297, bytes: 32 } as const;
const PREFIX = { at: 345, bytes: 155 } as const;
const GNU_MAGIC = 'ustar  \0';
/** Highest bit of a number's first octet: the rest is base 256 instead of octal text. */
const BASE_256 = 0x80;

interface Field {
  readonly at: number;
  readonly bytes: number;
}

/** Reads a header; undefined when its checksum says that it is none. */
export function parseHeader(block: Uint8Array): TarHeader | undefined {
  if (numberAt(block, CHECKSUM) !== checksumOf(block)) return undefined;
  const magic = textAt(block, MAGIC);
  const prefix = magic === 'ustar' ? textAt(block, PREFIX) : '';
  const name = textAt(block, NAME);
  const type = String.fromCharCode(block[TYPE.at] ?? 0);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: numberAt(block, MODE) & 0o7777,
    size: numberAt(block, SIZE),
    modified: numberAt(block, MODIFIED),
    // Old archives mark a file with NUL or 7, and a directory by the end of its name.
    type: type === '\0' || type === '7' ? (name.endsWith('/') ? '5' : '0') : type,
    linkName: textAt(block, LINK_NAME),
  };
}

/** The headers of a member as GNU tar writes them: long names go into members of their own before it. */
export function formatHeaders(header: TarHeader): Uint8Array[] {
  const name = encodeUtf8(header.name);
  const link = encodeUtf8(header.linkName);
  return [
    ...(link.length > LINK_NAME.bytes ? longName('K', link) : []),
    ...(name.length > NAME.bytes ? longName('L', name) : []),
    formatBlock(header),
  ];
}

function longName(type: 'K' | 'L', name: Uint8Array): Uint8Array[] {
  const content = new Uint8Array(paddedBytes(name.length + 1));
  content.set(name);
  const header = {
    name: '././@LongLink',
    mode: 0o644,
    size: name.length + 1,
    modified: 0,
    type,
    linkName: '',
  };
  return [formatBlock(header), content];
}

function formatBlock({ linkName, mode, modified, name, size, type }: TarHeader): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = ({ at, bytes }: Field, text: string | Uint8Array): void => {
    const octets = typeof text === 'string' ? encodeUtf8(text) : text;
    block.set(octets.subarray(0, bytes), at);
  };
  const octal = (field: Field, value: number): void =>
    put(
      field,
      `${Math.max(0, Math.floor(value))
        .toString(8)
        .padStart(field.bytes - 1, '0')}\0`,
    );
  put(NAME, name);
  octal(MODE, mode);
  octal(UID, 0);
  octal(GID, 0);
  octal(SIZE, size);
  octal(MODIFIED, modified);
  put(TYPE, type);
  put(LINK_NAME, linkName);
  put(MAGIC, GNU_MAGIC);
  put(OWNER, 'root');
  put(GROUP, 'root');
  put(CHECKSUM, `${checksumOf(block).toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** A length rounded up to whole blocks. */
export function paddedBytes(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Records of a pax extended header: `LENGTH KEY=VALUE\n` each. What is malformed is left out. */
export function parsePaxRecords(octets: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < octets.length; ) {
    const space = octets.indexOf(0x20, at);
    const length = space < 0 ? 0 : Number(decodeUtf8(octets.subarray(at, space)));
    if (!Number.isInteger(length) || length <= space - at + 1) break;
    const record = decodeUtf8(octets.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** Sum of a header's octets, those of the checksum itself counted as spaces. */
function checksumOf(block: Uint8Array): number {
  let sum = CHECKSUM.bytes * 0x20;
  for (const [index, octet] of block.entries()) {
    if (index < CHECKSUM.at || index >= CHECKSUM.at + CHECKSUM.bytes) sum += octet;
  }
  return sum;
}

function textAt(block: Uint8Array, { at, bytes }: Field): string {
  const field = block.subarray(at, at + bytes);
  const end = field.indexOf(0);
  return decodeUtf8(end < 0 ? field : field.subarray(0, end)).trimEnd();
}

function numberAt(block: Uint8Array, field: Field): number {
  const octets = block.subarray(field.at, field.at + field.bytes);
  const [first = 0] = octets;
  if ((first & BASE_256) !== 0) {
    return octets.subarray(1).reduce((value, octet) => value * 256 + octet, first & 0x3f);
  }
  const value = Number.parseInt(textAt(block, field).trim() || '0', 8);
  return Number.isNaN(value) ? -1 : value;
}
