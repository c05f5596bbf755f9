import type { VirtualFileSystem } from '../fs/virtual-file-system.js';

/** A shell pattern (`*`, `?`, `[a-z]`, `[!x]`) as a regular expression over whole text; `\` takes the next as it is. */
export function patternToRegExp(
  pattern: string,
  options: { readonly pathName?: boolean } = {},
): RegExp {
  const any = options.pathName === true ? '[^/]' : '[\\s\\S]';
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    if (character === '*') source += `${any}*`;
    else if (character === '?') source += any;
    else if (character === '[') {
      const set = /^\[([!^]?)(\]?[^\]]*)\]/.exec(pattern.slice(at));
      if (set === null) source += '\\[';
      else {
        const [whole, negation, members = ''] = set;
        source += `[${negation === '' ? '' : '^'}${characterClass(members)}]`;
        at += whole.length - 1;
      }
    } else if (character === '\\' && at + 1 < pattern.length) {
      at++;
      source += escapeRegExp(pattern[at] ?? '');
    } else source += escapeRegExp(character);
  }
  return new RegExp(`^${source}$`);
}

function characterClass(members: string): string {
  return members
    .replace(/[\\\]]/g, '\\$&')
    .replace(/\[:digit:\\?\]/g, '0-9')
    .replace(/\[:alpha:\\?\]/g, 'a-zA-Z')
    .replace(/\[:alnum:\\?\]/g, 'a-zA-Z0-9')
    .replace(/\[:space:\\?\]/g, '\\s')
    .replace(/\[:upper:\\?\]/g, 'A-Z')
    .replace(/\[:lower:\\?\]/g, 'a-z');
}

/** Text with the characters that mean something in a regular expression escaped. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Whether a word has a character that makes it a pattern. */
export function isPattern(text: string): boolean {
  return /[*?[]/.test(text.replace(/\\./g, ''));
}

/** Absolute paths that match an absolute pattern, sorted; names with a leading dot only when the pattern has it. */
export function globPaths(files: VirtualFileSystem, pattern: string): readonly string[] {
  let paths = [''];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    paths = paths.flatMap((path) => expandPart(files, path, part));
  }
  return paths;
}

function expandPart(files: VirtualFileSystem, path: string, part: string): string[] {
  if (!isPattern(part)) {
    const plain = `${path}/${part.replace(/\\(.)/g, '$1')}`;
    return files.findLink(plain).ok ? [plain] : [];
  }
  const names = files.list(path === '' ? '/' : path);
  if (!names.ok) return [];
  const matcher = patternToRegExp(part);
  return names.value
    .filter((name) => matcher.test(name) && (!name.startsWith('.') || part.startsWith('.')))
    .map((name) => `${path}/${name}`);
}
