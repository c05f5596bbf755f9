import { gunzipSync } from 'node:zlib';
import { fail, ok, type Result } from '../../../../topology/index.js';
import { absolutePath } from '../../fs/node.js';
import { FS_ERRORS, type FsError } from '../../fs/virtual-file-system.js';
import { formatDate } from '../../io/date.js';
import { type Input, inputOf, readAllFrom } from '../../shell/streams.js';
import { excluder, isAsked, safeName, stripped } from './member-name.js';
import { type TarMember, type TarReadError, TarReader } from './reader.js';
import { complain, epochMsOf, finish, say, stop, type TarSession, tellRemoved } from './session.js';

/** Largest archive that is unpacked from gzip, in octets. */
const MAX_UNZIPPED_BYTES = 512 * 1024 * 1024;

/** `tar x` and `tar t`: goes through an archive. */
export async function extract(session: TarSession): Promise<number> {
  const { io, options, words } = session;
  let directory = io.workingDir;
  for (const each of options.directories) {
    directory = absolutePath(each, directory);
    const found = io.files.find(directory);
    const why = found.ok ? (found.value.kind === 'directory' ? undefined : 'ENOTDIR') : found.error;
    if (why !== undefined) return stop(session, words.cannotChangeTo(each, FS_ERRORS[why]));
  }
  const opened = await open(session);
  if (!opened.ok) return stop(session, opened.error);
  const reader = new TarReader(opened.value);
  const isExcluded = excluder(options.excluded);
  const found = new Set<string>();
  const directories: (() => void)[] = [];
  for (;;) {
    const member = await reader.next();
    if (member === undefined) break;
    if (typeof member === 'string') return broken(session, member);
    const { name } = member.header;
    const asked = options.names.filter((each) => isAsked(name, each.name));
    if ((options.names.length > 0 && asked.length === 0) || isExcluded(name)) continue;
    for (const each of asked) found.add(each.name);
    if (options.mode === 'list') await list(session, member);
    else await unpack(session, member, { directory, directories });
  }
  // What is put into a directory changes its time, so that is set at the end.
  for (const settle of directories) settle();
  // As GNU tar does, so that whoever writes does not meet a closed pipe.
  await readAllFrom(opened.value);
  for (const { name } of options.names) {
    if (!found.has(name)) await complain(session, words.notFound(name));
  }
  return finish(session);
}

async function open({ io, options, words }: TarSession): Promise<Result<Input, string>> {
  const { archive, gzip } = options;
  const file = archive === '-' ? undefined : io.files.readFile(io.path(archive));
  if (file?.ok === false) return fail(words.cannotOpenArchive(archive, FS_ERRORS[file.error]));
  // Only what can be looked at twice is recognised as compressed.
  const zipped = file?.value[0] === 0x1f && file.value[1] === 0x8b;
  if (!gzip && !zipped) return ok(file === undefined ? io.input : inputOf(file.value));
  const octets = file === undefined ? await readAllFrom(io.input) : file.value;
  try {
    return ok(inputOf(new Uint8Array(gunzipSync(octets, { maxOutputLength: MAX_UNZIPPED_BYTES }))));
  } catch {
    const [first = '', second = ''] = words.notGzip;
    await io.err(`\n${first}\n`);
    return fail(second.replace(/^tar: /, ''));
  }
}

async function broken(session: TarSession, error: TarReadError): Promise<number> {
  const { words } = session;
  switch (error) {
    case 'unexpected-end':
      return stop(session, words.unexpectedEnd);
    case 'too-large':
      return stop(session, 'Cannot write: No space left on device');
    case 'not-an-archive':
      await say(session, session.io.busybox ? words.unexpectedEnd : words.notAnArchive);
      session.hadErrors = !session.io.busybox;
      return (await finish(session)) || words.failed;
  }
}

async function list({ io, options }: TarSession, { header }: TarMember): Promise<void> {
  if (!options.verbose) {
    await io.out(`${header.name}\n`);
    return;
  }
  const letter = { '2': 'l', '5': 'd', '1': 'h' }[header.type] ?? '-';
  const bits = [...'rwxrwxrwx']
    .map((each, at) => ((header.mode >> (8 - at)) & 1 ? each : '-'))
    .join('');
  const form = io.busybox ? '%Y-%m-%d %H:%M:%S' : '%Y-%m-%d %H:%M';
  const when = formatDate(header.modified * 1000, form);
  const target =
    header.type === '2'
      ? ` -> ${header.linkName}`
      : header.type === '1'
        ? ` link to ${header.linkName}`
        : '';
  const owner = `root/root${String(header.size).padStart(10)}`;
  await io.out(`${letter}${bits} ${owner} ${when} ${header.name}${target}\n`);
}

interface Target {
  readonly directory: string;
  /** What is left to do with directories when all else is done. */
  readonly directories: (() => void)[];
}

async function unpack(session: TarSession, member: TarMember, target: Target): Promise<void> {
  const { io, options, words } = session;
  const { header, octets } = member;
  const short = stripped(header.name, options.stripComponents);
  if (short === undefined) return;
  const safe = options.absoluteNames ? { prefix: '', name: short } : safeName(short);
  await tellRemoved(session, safe.prefix);
  if (!io.busybox && /(?:^|\/)\.\.(?:\/|$)/.test(short) && !options.absoluteNames) {
    await complain(session, words.unsafe(short));
    return;
  }
  if (options.verbose) {
    const line = `${io.busybox ? safe.name : header.name}\n`;
    await (options.toStdout ? io.err(line) : io.out(line));
  }
  if (options.toStdout) {
    await io.out(octets);
    return;
  }
  const path = absolutePath(safe.name, target.directory);
  const failure = place(session, member, { ...target, path });
  if (failure === undefined) return;
  await complain(session, words.cannotOpen(safe.name, FS_ERRORS[failure]));
}

function place(
  { io, options }: TarSession,
  { header, octets }: TarMember,
  { directories, directory, path }: Target & { readonly path: string },
): FsError | undefined {
  const { files } = io;
  const there = files.findLink(path);
  const settle = (): void => {
    if (options.keepTimes) {
      files.setModified(path, header.modified * 1e9 - epochMsOf(io) * 1e6);
    }
  };
  if (header.type === '5') {
    const failure = files.makeDirectory(path, { parents: true });
    if (failure !== undefined) return failure;
    if (path !== directory) files.setMode(path, header.mode);
    directories.push(settle);
    return undefined;
  }
  if (there.ok && options.keepOldFiles) return 'EEXIST';
  if (there.ok && there.value.kind === 'directory') return 'EISDIR';
  if (there.ok && there.value.kind === 'symlink') files.remove(path);
  const above = path.slice(0, path.lastIndexOf('/'));
  const failure = files.makeDirectory(above === '' ? '/' : above, { parents: true });
  if (failure !== undefined) return failure;
  if (header.type === '2') {
    if (there.ok && there.value.kind !== 'symlink') files.remove(path);
    return files.link(header.linkName, path);
  }
  let content = octets;
  if (header.type === '1') {
    const source = files.readFile(absolutePath(safeName(header.linkName).name, directory));
    if (!source.ok) return source.error;
    content = source.value;
  } else if (!['0', 'S'].includes(header.type)) return 'EACCES';
  // The octets belong to a larger buffer that would be kept with them.
  const written = files.writeFile(path, content.slice(), { mode: header.mode & 0o777 });
  if (written === undefined) settle();
  return written;
}
