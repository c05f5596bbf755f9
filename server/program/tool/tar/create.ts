import { gzipSync } from 'node:zlib';
import { decodeUtf8, encodeUtf8 } from '../../../../topology/index.js';
import { absolutePath } from '../../fs/node.js';
import { FS_ERRORS, type FsNode } from '../../fs/virtual-file-system.js';
import { concatOctets } from '../../io/octets.js';
import { BLOCK_BYTES, formatHeaders, paddedBytes } from './header.js';
import { excluder, safeName } from './member-name.js';
import { complain, epochMsOf, finish, say, stop, type TarSession, tellRemoved } from './session.js';

/** GNU tar writes records of 20 blocks; the last is filled with zeros. */
const RECORD_BYTES = 20 * BLOCK_BYTES;
/** So much of a file is written at once, so that a slow reader holds it back. */
const SLICE_BYTES = 64 * 1024;

/** Takes the pieces of an archive. */
interface Sink {
  write(octets: Uint8Array): Promise<void>;
  close(): Promise<string | undefined>;
}

/** `tar c`: writes the named files and directories. */
export async function create(session: TarSession): Promise<number> {
  const { io, options, words } = session;
  const names = await namesToStore(session);
  if (typeof names === 'string') return stop(session, names);
  if (names.length === 0) {
    await say(session, words.emptyArchive);
    if (!io.busybox) await io.err("Try 'tar --help' or 'tar --usage' for more information.\n");
    return words.failed;
  }
  for (const directory of options.directories) {
    const found = io.files.find(io.path(directory));
    const why = found.ok ? (found.value.kind === 'directory' ? undefined : 'ENOTDIR') : found.error;
    if (why !== undefined) return stop(session, words.cannotChangeTo(directory, FS_ERRORS[why]));
  }
  const sink = options.archive === '-' ? streamSink(session) : fileSink(session);
  const writer = new Writer(session, sink);
  for (const { directory, name } of names)
    await writer.store(absolutePath(directory, io.workingDir), name);
  const failure = await writer.close();
  if (failure !== undefined) return stop(session, failure);
  return finish(session);
}

async function namesToStore({
  io,
  options,
  words,
}: TarSession): Promise<TarSession['options']['names'] | string> {
  const { names, namesFrom } = options;
  if (namesFrom === undefined) return names;
  const read = await io.read(namesFrom);
  if (!read.ok) return words.cannotOpenArchive(namesFrom, FS_ERRORS[read.error]);
  const listed = decodeUtf8(read.value)
    .split('\n')
    .filter((name) => name !== '');
  return [
    ...names,
    ...listed.map((name) => ({ name, directory: options.directories.at(-1) ?? '' })),
  ];
}

function streamSink({ io, options }: TarSession): Sink {
  const pieces: Uint8Array[] = [];
  return {
    write: async (octets) => {
      if (options.gzip) pieces.push(octets);
      else await io.out(octets);
    },
    close: async () => {
      if (options.gzip) await writeSlices(gzipSync(concatOctets(pieces)), (slice) => io.out(slice));
      return undefined;
    },
  };
}

function fileSink({ io, options, words }: TarSession): Sink {
  const pieces: Uint8Array[] = [];
  return {
    write: async (octets) => {
      pieces.push(octets);
    },
    close: async () => {
      const whole = concatOctets(pieces);
      const octets = options.gzip ? new Uint8Array(gzipSync(whole)) : whole;
      const failure = io.files.writeFile(io.path(options.archive), octets);
      return failure === undefined
        ? undefined
        : words.cannotOpenArchive(options.archive, FS_ERRORS[failure]);
    },
  };
}

async function writeSlices(
  octets: Uint8Array,
  write: (slice: Uint8Array) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < octets.length; at += SLICE_BYTES) {
    await write(octets.subarray(at, at + SLICE_BYTES));
  }
}

/** Writes members one after another. */
class Writer {
  private readonly session: TarSession;
  private readonly sink: Sink;
  private readonly isExcluded: (name: string) => boolean;
  private written = 0;

  constructor(session: TarSession, sink: Sink) {
    this.session = session;
    this.sink = sink;
    this.isExcluded = excluder(session.options.excluded);
  }

  /** Stores a name as it is seen from a directory, with everything below it. */
  async store(directory: string, name: string): Promise<void> {
    const { io, options, words } = this.session;
    if (this.isExcluded(name)) return;
    const path = absolutePath(name, directory);
    const found = options.dereference ? io.files.find(path) : io.files.findLink(path);
    const safe = options.absoluteNames ? { prefix: '', name } : safeName(name);
    await tellRemoved(this.session, safe.prefix);
    if (!found.ok) {
      await complain(this.session, words.cannotStat(name, FS_ERRORS[found.error]));
      return;
    }
    const node = found.value;
    const plain = safe.name.replace(/\/+$/, '');
    const member = node.kind === 'directory' ? `${plain}/` : plain;
    await this.member(member, node);
    if (options.verbose) {
      const line = `${io.busybox ? member : name.replace(/\/*$/, node.kind === 'directory' ? '/' : '')}\n`;
      await (options.archive === '-' ? io.err(line) : io.out(line));
    }
    if (node.kind !== 'directory' || !options.recursive) return;
    const listed = io.files.list(path);
    for (const child of listed.ok ? listed.value : []) {
      await this.store(directory, `${name.replace(/\/+$/, '')}/${child}`);
    }
  }

  /** Ends the archive; the words of what failed. */
  async close(): Promise<string | undefined> {
    const end = this.written + 2 * BLOCK_BYTES;
    const whole = Math.ceil(end / RECORD_BYTES) * RECORD_BYTES;
    await this.sink.write(new Uint8Array(whole - this.written));
    return this.sink.close();
  }

  private async member(name: string, node: FsNode): Promise<void> {
    const octets = contentOf(node);
    const modifiedNs = node.kind === 'file' || node.kind === 'directory' ? node.modifiedNs : 0;
    const headers = formatHeaders({
      name,
      mode: node.kind === 'symlink' ? 0o777 : node.kind === 'generated' ? 0o444 : node.mode,
      size: octets.length,
      modified: epochMsOf(this.session.io) / 1000 + modifiedNs / 1e9,
      type: node.kind === 'directory' ? '5' : node.kind === 'symlink' ? '2' : '0',
      linkName: node.kind === 'symlink' ? node.target : '',
    });
    for (const block of headers) await this.put(block);
    await writeSlices(octets, (slice) => this.put(slice));
    const padding = paddedBytes(octets.length) - octets.length;
    if (padding > 0) await this.put(new Uint8Array(padding));
  }

  private async put(octets: Uint8Array): Promise<void> {
    this.written += octets.length;
    await this.sink.write(octets);
  }
}

function contentOf(node: FsNode): Uint8Array {
  if (node.kind === 'file') return node.octets;
  return node.kind === 'generated' && !node.device ? encodeUtf8(node.read()) : new Uint8Array(0);
}
