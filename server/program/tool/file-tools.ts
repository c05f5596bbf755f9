/** Tools that look at and change files. */
import { absolutePath } from '../fs/node.js';
import { FS_ERRORS, type FsError, type FsNode } from '../fs/virtual-file-system.js';
import { formatDate } from '../io/date.js';
import { patternToRegExp } from '../shell/glob.js';
import { parseOptions, type Tool, type ToolIo } from './tool.js';

function modeText(node: FsNode): string {
  if (node.kind === 'symlink') return 'lrwxrwxrwx';
  if (node.kind === 'generated') return node.device ? 'crw-rw-rw-' : '-r--r--r--';
  const bits = [...'rwxrwxrwx']
    .map((letter, at) => ((node.mode >> (8 - at)) & 1 ? letter : '-'))
    .join('');
  return `${node.kind === 'directory' ? 'd' : '-'}${bits}`;
}

async function printEntry(
  io: ToolIo,
  path: string,
  how: { readonly name: string; readonly long: boolean },
): Promise<void> {
  if (!how.long) {
    await io.out(`${how.name}\n`);
    return;
  }
  const found = io.files.findLink(path);
  if (!found.ok) return;
  const node = found.value;
  const size = node.kind === 'file' ? node.octets.length : node.kind === 'directory' ? 4096 : 0;
  const modified = node.kind === 'file' || node.kind === 'directory' ? node.modifiedNs : 0;
  const when = formatDate(io.guest.wallMs - io.sys.nowNs / 1e6 + modified / 1e6, '%b %e %H:%M');
  const arrow = node.kind === 'symlink' ? ` -> ${node.target}` : '';
  await io.out(
    `${modeText(node)}    1 root     root     ${String(size).padStart(9)} ${when} ${how.name}${arrow}\n`,
  );
}

const ls: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 'laA1hdRtrSinF', withValue: [], long: ['color'] });
  const long = options.flags.has('l');
  let status = 0;
  const names = options.rest.length > 0 ? options.rest : ['.'];
  for (const name of names) {
    const path = io.path(name);
    const found = io.files.find(path);
    if (!found.ok) {
      const words = io.busybox
        ? `${name}: ${FS_ERRORS[found.error]}`
        : `cannot access '${name}': ${FS_ERRORS[found.error]}`;
      status = await io.fail(words, io.busybox ? 1 : 2);
      continue;
    }
    if (found.value.kind !== 'directory' || options.flags.has('d')) {
      await printEntry(io, path, { name, long });
      continue;
    }
    if (names.length > 1) await io.out(`${name}:\n`);
    const listed = io.files.list(path);
    if (long) await io.out('total 0\n');
    const hidden = options.flags.has('a') || options.flags.has('A');
    for (const each of listed.ok ? listed.value : []) {
      if (!each.startsWith('.') || hidden)
        await printEntry(io, `${path}/${each}`, { name: each, long });
    }
  }
  return status;
};

/** A tool that does something to each path; `-f` silences what is missing. */
function eachPath(
  flags: string,
  act: (io: ToolIo, path: string, options: ReadonlySet<string>) => FsError | undefined,
  words: string,
): Tool {
  return async (io) => {
    const options = parseOptions(io.args, { flags, withValue: flags.includes('m') ? ['m'] : [] });
    let status = 0;
    for (const name of options.rest) {
      const failure = act(io, io.path(name), options.flags);
      if (failure === undefined || (failure === 'ENOENT' && options.flags.has('f'))) continue;
      status = await io.fail(`${words} '${name}': ${FS_ERRORS[failure]}`);
    }
    return status;
  };
}

const touch = eachPath(
  'acm',
  (io, path) => io.files.writeFile(path, '', { append: true }),
  'cannot touch',
);
const mkdir = eachPath(
  'pv',
  (io, path, options) => io.files.makeDirectory(path, { parents: options.has('p') }),
  'cannot create directory',
);
const rmdir = eachPath(
  'p',
  (io, path) =>
    io.files.find(path).ok && !io.files.list(path).ok ? 'ENOTDIR' : io.files.remove(path),
  'failed to remove',
);
const rm = eachPath(
  'rRfiv',
  (io, path, options) => {
    const found = io.files.findLink(path);
    const recursive = options.has('r') || options.has('R');
    if (found.ok && found.value.kind === 'directory' && !recursive) return 'EISDIR';
    return io.files.remove(path, { recursive });
  },
  'cannot remove',
);

function copyTree(io: ToolIo, from: string, to: string): FsError | undefined {
  const found = io.files.find(from);
  if (!found.ok) return found.error;
  const node = found.value;
  if (node.kind === 'file') return io.files.writeFile(to, node.octets, { mode: node.mode });
  if (node.kind !== 'directory') return io.files.writeFile(to, '');
  const made = io.files.makeDirectory(to, { parents: true });
  if (made !== undefined) return made;
  for (const name of [...node.children.keys()]) {
    const failure = copyTree(io, `${from}/${name}`, `${to}/${name}`);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function transfer(act: (io: ToolIo, from: string, to: string) => FsError | undefined): Tool {
  return async (io) => {
    const options = parseOptions(io.args, { flags: 'rRafpvnsL' });
    const sources = [...options.rest];
    const target = sources.pop();
    if (target === undefined || sources.length === 0) return io.fail('missing file operand');
    const into = io.files.find(io.path(target));
    let status = 0;
    for (const source of sources) {
      const name = source.replace(/\/+$/, '').split('/').at(-1) ?? '';
      const to =
        into.ok && into.value.kind === 'directory' ? `${io.path(target)}/${name}` : io.path(target);
      const failure = act(io, io.path(source), to);
      if (failure !== undefined)
        status = await io.fail(
          `can't ${io.name === 'mv' ? 'rename' : 'stat'} '${source}': ${FS_ERRORS[failure]}`,
        );
    }
    return status;
  };
}

const ln: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: 'sfnv' });
  const [target = '', name = ''] = options.rest;
  const path = io.path(name === '' ? (target.split('/').at(-1) ?? '') : name);
  if (options.flags.has('f')) io.files.remove(path);
  const failure = io.files.link(options.flags.has('s') ? target : io.path(target), path);
  return failure === undefined ? 0 : io.fail(`${name}: ${FS_ERRORS[failure]}`);
};

const chmod: Tool = async (io) => {
  const options = parseOptions(
    io.args.map((arg) => (/^-[rwx]/.test(arg) ? `a${arg}` : arg)),
    { flags: 'Rvf' },
  );
  const [mode = '', ...names] = options.rest;
  let status = 0;
  for (const name of names) {
    const found = io.files.find(io.path(name));
    const before =
      found.ok && (found.value.kind === 'file' || found.value.kind === 'directory')
        ? found.value.mode
        : 0;
    const after = /^[0-7]+$/.test(mode)
      ? Number.parseInt(mode, 8)
      : mode.includes('+x')
        ? before | 0o111
        : mode.includes('-x')
          ? before & ~0o111
          : before;
    const failure = io.files.setMode(io.path(name), after);
    if (failure !== undefined) status = await io.fail(`${name}: ${FS_ERRORS[failure]}`);
  }
  return status;
};

const find: Tool = async (io) => {
  const firstTest = io.args.findIndex((arg) => arg.startsWith('-'));
  const roots = io.args.slice(0, firstTest < 0 ? undefined : firstTest);
  const tests = firstTest < 0 ? [] : io.args.slice(firstTest);
  const optionValue = (name: string): string | undefined => {
    const at = tests.indexOf(name);
    return at < 0 ? undefined : tests[at + 1];
  };
  const name = optionValue('-name');
  const matcher = name === undefined ? undefined : patternToRegExp(name);
  const type = optionValue('-type');
  const depth = Number(optionValue('-maxdepth') ?? 64);
  let status = 0;
  const visit = async (path: string, shown: string, level: number): Promise<void> => {
    const found = io.files.findLink(path);
    if (!found.ok) {
      status = await io.fail(`${shown}: ${FS_ERRORS[found.error]}`);
      return;
    }
    const { kind } = found.value;
    const letter = kind === 'directory' ? 'd' : kind === 'symlink' ? 'l' : 'f';
    const base = shown.split('/').at(-1) ?? shown;
    if ((matcher?.test(base) ?? true) && (type === undefined || type === letter))
      await io.out(`${shown}\n`);
    if (kind !== 'directory' || level >= depth) return;
    const listed = io.files.list(path);
    for (const each of listed.ok ? listed.value : []) {
      await visit(`${path}/${each}`, `${shown.replace(/\/$/, '')}/${each}`, level + 1);
    }
  };
  for (const root of roots.length > 0 ? roots : ['.']) await visit(io.path(root), root, 0);
  return status;
};

const basename: Tool = async (io) => {
  const [path = '', suffix = ''] = io.args;
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
  await io.out(
    `${suffix !== '' && name.endsWith(suffix) && name !== suffix ? name.slice(0, -suffix.length) : name}\n`,
  );
  return 0;
};

const dirname: Tool = async (io) => {
  const [path = ''] = io.args;
  const cut = path.replace(/\/+$/, '').lastIndexOf('/');
  await io.out(`${cut < 0 ? '.' : cut === 0 ? '/' : path.slice(0, cut)}\n`);
  return 0;
};

const realpath: Tool = async (io) => {
  let path = io.path(io.args.filter((arg) => !arg.startsWith('-'))[0] ?? '.');
  for (let count = 0; count < 40; count++) {
    const found = io.files.findLink(path);
    if (!found.ok || found.value.kind !== 'symlink') break;
    path = absolutePath(found.value.target, `${path}/..`);
  }
  await io.out(`${path}\n`);
  return 0;
};

const dd: Tool = async (io) => {
  const values = new Map(
    io.args.map((arg) => [arg.split('=')[0] ?? '', arg.slice(arg.indexOf('=') + 1)]),
  );
  const unit = /^(\d+)([kKmM]?)/.exec(values.get('bs') ?? '512');
  const size =
    Number(unit?.[1] ?? 512) * ({ k: 1024, m: 1_048_576 }[(unit?.[2] ?? '').toLowerCase()] ?? 1);
  const count = Number(values.get('count') ?? 1);
  const bytes = Math.min(size * count, 64 * 1_048_576);
  const source = values.get('if');
  const read =
    source === undefined
      ? await io.read('-')
      : source === '/dev/zero' || source === '/dev/urandom'
        ? undefined
        : await io.read(source);
  if (read?.ok === false) return io.fail(io.fileError(source ?? '', read.error));
  const octets =
    read === undefined
      ? new Uint8Array(bytes)
      : read.value.subarray(0, values.has('count') ? bytes : undefined);
  const target = values.get('of');
  if (target === undefined) await io.out(octets);
  else io.files.writeFile(io.path(target), octets);
  const blocks = Math.ceil(octets.length / size);
  await io.err(`${blocks}+0 records in\n${blocks}+0 records out\n`);
  return 0;
};

const mktemp: Tool = async (io) => {
  const name = Math.floor(io.guest.request.random() * 36 ** 6)
    .toString(36)
    .padStart(6, '0');
  const path = `/tmp/tmp.${name}`;
  if (io.args.includes('-d')) io.files.makeDirectory(path);
  else io.files.writeFile(path, '');
  await io.out(`${path}\n`);
  return 0;
};

const stat: Tool = async (io) => {
  const name = io.args.filter((arg) => !arg.startsWith('-'))[0] ?? '';
  const found = io.files.findLink(io.path(name));
  if (!found.ok) return io.fail(`can't stat '${name}': ${FS_ERRORS[found.error]}`);
  const size = found.value.kind === 'file' ? found.value.octets.length : 0;
  await io.out(
    `  File: ${name}\n  Size: ${size}\t\t${found.value.kind}\nAccess: (${modeText(found.value)})\n`,
  );
  return 0;
};

/** File tools by name. */
export const FILE_TOOLS: Readonly<Record<string, Tool>> = {
  ls,
  touch,
  mkdir,
  rmdir,
  rm,
  cp: transfer(copyTree),
  mv: transfer((io, from, to) => io.files.rename(from, to)),
  ln,
  chmod,
  chown: () => 0,
  chgrp: () => 0,
  find,
  basename,
  dirname,
  realpath,
  readlink: realpath,
  dd,
  mktemp,
  stat,
  sync: () => 0,
};
