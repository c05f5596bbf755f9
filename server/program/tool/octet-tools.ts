/** Tools that take files as octets, whatever is in them. */
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { decodeUtf8 } from '../../../topology/index.js';
import { FS_ERRORS } from '../fs/virtual-file-system.js';
import { parseOptions, type Tool, type ToolIo } from './tool.js';

/** Largest file that is unpacked, in octets. */
const MAX_UNZIPPED_BYTES = 512 * 1024 * 1024;
/** Octets of base64 on one line of 76 letters. */
const BASE64_WIDTH = 76;

/** Does something with each of the named files, or standard input; complains of those that cannot be read. */
async function eachFile(
  io: ToolIo,
  names: readonly string[],
  act: (octets: Uint8Array, name: string) => Promise<number | undefined>,
): Promise<number> {
  let status = 0;
  for (const name of names.length > 0 ? names : ['-']) {
    const read = await io.read(name);
    if (!read.ok) status = await io.fail(io.fileError(name, read.error));
    else status = (await act(read.value, name)) ?? status;
  }
  return status;
}

/** `head -c`: all but the last so many when the number is negative. */
export function headBytes(io: ToolIo, names: readonly string[], bytes: number): Promise<number> {
  return eachFile(io, names, async (octets) => {
    await io.out(octets.subarray(0, bytes));
    return undefined;
  });
}

/** `tail -c`: from an octet on when the number has a plus. */
export function tailBytes(io: ToolIo, names: readonly string[], amount: string): Promise<number> {
  const bytes = Math.abs(Number(amount));
  return eachFile(io, names, async (octets) => {
    const from = amount.startsWith('+') ? bytes - 1 : octets.length - bytes;
    await io.out(octets.subarray(Math.max(0, from)));
    return undefined;
  });
}

const wc: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 'lwcm' });
  const shows = (letter: string) => options.flags.size === 0 || options.flags.has(letter);
  const totals = [0, 0, 0];
  const line = (counts: readonly number[], name: string): string => {
    const shown = counts.filter((_count, at) =>
      at === 2 ? shows('c') || options.flags.has('m') : shows('lw'[at] ?? ''),
    );
    const text =
      shown.length === 1 ? `${shown[0]}` : shown.map((each) => `${each}`.padStart(7)).join(' ');
    return `${text}${name === '-' ? '' : ` ${name}`}\n`;
  };
  const status = await eachFile(io, options.rest, async (octets, name) => {
    const counts = countsOf(octets);
    for (const [at, count] of counts.entries()) totals[at] = (totals[at] ?? 0) + count;
    await io.out(line(counts, name));
    return undefined;
  });
  if (options.rest.length > 1) await io.out(line(totals, 'total'));
  return status;
};

/** Lines, words and octets. */
function countsOf(octets: Uint8Array): readonly number[] {
  let lines = 0;
  let words = 0;
  let inWord = false;
  for (const octet of octets) {
    const isSpace = octet === 0x20 || (octet >= 9 && octet <= 13);
    if (octet === 10) lines++;
    if (!isSpace && !inWord) words++;
    inWord = !isSpace;
  }
  return [lines, words, octets.length];
}

const base64: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'di',
    withValue: ['w', 'wrap'],
    long: ['decode'],
  });
  const [name = '-'] = options.rest;
  const read = await io.read(name);
  if (!read.ok) return io.fail(io.fileError(name, read.error));
  if (options.flags.has('d') || options.flags.has('decode')) {
    const text = decodeUtf8(read.value).replace(/\s+/g, '');
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return io.fail('invalid input');
    await io.out(new Uint8Array(Buffer.from(text, 'base64')));
    return 0;
  }
  const text = Buffer.from(read.value).toString('base64');
  const width = Number(options.values.get('w') ?? options.values.get('wrap') ?? BASE64_WIDTH);
  await io.out(width === 0 ? text : text.replace(new RegExp(`.{1,${width}}`, 'g'), '$&\n'));
  return 0;
};

/** `md5sum` and its like. */
function digest(algorithm: string): Tool {
  return async (io) => {
    const options = parseOptions(io.args, { flags: 'bctsw', long: ['check', 'quiet', 'status'] });
    if (options.flags.has('c') || options.flags.has('check'))
      return checkDigests(io, options.rest, algorithm);
    return eachFile(io, options.rest, async (octets, name) => {
      await io.out(`${hash(algorithm, octets)}  ${name}\n`);
      return undefined;
    });
  };
}

function checkDigests(io: ToolIo, names: readonly string[], algorithm: string): Promise<number> {
  return eachFile(io, names, async (octets) => {
    let status: number | undefined;
    for (const [, sum = '', name = ''] of decodeUtf8(octets).matchAll(/^([0-9a-f]+) [ *](.+)$/gm)) {
      const read = io.files.readFile(io.path(name));
      const isRight = read.ok && hash(algorithm, read.value) === sum;
      await io.out(`${name}: ${isRight ? 'OK' : 'FAILED'}\n`);
      if (!isRight) status = 1;
    }
    return status;
  });
}

function hash(algorithm: string, octets: Uint8Array): string {
  return createHash(algorithm).update(octets).digest('hex');
}

const cmp: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 's' });
  const [left = '-', right = '-'] = options.rest;
  const a = await io.read(left);
  const b = await io.read(right);
  if (!a.ok) return io.fail(`${left}: ${FS_ERRORS[a.error]}`, 2);
  if (!b.ok) return io.fail(`${right}: ${FS_ERRORS[b.error]}`, 2);
  const length = Math.min(a.value.length, b.value.length);
  let at = 0;
  let line = 1;
  for (; at < length && a.value[at] === b.value[at]; at++) if (a.value[at] === 10) line++;
  if (at === length && a.value.length === b.value.length) return 0;
  if (options.flags.has('s')) return 1;
  if (at === length) {
    await io.err(`cmp: EOF on ${a.value.length < b.value.length ? left : right}\n`);
    return 1;
  }
  await io.out(
    `${left} ${right} differ: ${io.busybox ? 'char' : 'byte'} ${at + 1}, line ${line}\n`,
  );
  return 1;
};

const gzip: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'cdfknqv123456789',
    long: ['stdout', 'decompress', 'keep'],
  });
  const has = (letter: string, long: string) =>
    options.flags.has(letter) || options.flags.has(long);
  const unpacks = io.name !== 'gzip' || has('d', 'decompress');
  const toStdout = io.name === 'zcat' || has('c', 'stdout');
  return eachFile(io, options.rest, async (octets, name) => {
    const target = unpacks ? name.replace(/\.gz$/, '') : `${name}.gz`;
    if (name !== '-' && !toStdout && target === name) {
      await io.err(`${io.name}: ${name}: unknown suffix -- ignored\n`);
      return 2;
    }
    const turned = unpacks ? unzipped(octets) : new Uint8Array(gzipSync(octets));
    if (turned === undefined) {
      await io.err(`\ngzip: ${name === '-' ? 'stdin' : name}: not in gzip format\n`);
      return 1;
    }
    if (name === '-' || toStdout) await io.out(turned);
    else {
      const failure = io.files.writeFile(io.path(target), turned);
      if (failure !== undefined) return io.fail(`${target}: ${FS_ERRORS[failure]}`);
      if (!has('k', 'keep')) io.files.remove(io.path(name));
    }
    return undefined;
  });
};

function unzipped(octets: Uint8Array): Uint8Array | undefined {
  try {
    return new Uint8Array(gunzipSync(octets, { maxOutputLength: MAX_UNZIPPED_BYTES }));
  } catch {
    return undefined;
  }
}

/** Tools for octets by name. */
export const OCTET_TOOLS: Readonly<Record<string, Tool>> = {
  wc,
  base64,
  cmp,
  gzip,
  gunzip: gzip,
  zcat: gzip,
  md5sum: digest('md5'),
  sha1sum: digest('sha1'),
  sha256sum: digest('sha256'),
  sha512sum: digest('sha512'),
};
