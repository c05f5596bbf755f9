import { patternToRegExp } from '../../shell/glob.js';

/** A name without the part that would lead out of the directory: slashes at its start, and everything up to the last `..`. */
export function safeName(name: string): { readonly prefix: string; readonly name: string } {
  const prefix = /^(?:.*\/)?\.\.(?:\/+|$)/.exec(name)?.[0] ?? /^\/+/.exec(name)?.[0] ?? '';
  const rest = name.slice(prefix.length);
  return { prefix, name: rest === '' && prefix !== '' ? './' : rest };
}

/** Whether `--exclude` patterns take a name out: as a whole, by its end, or with a directory above it. */
export function excluder(patterns: readonly string[]): (name: string) => boolean {
  const tests = patterns.map((pattern) => patternToRegExp(pattern.replace(/\/+$/, '')));
  return (name) => {
    const parts = name.replace(/\/+$/, '').split('/');
    return tests.some((test) =>
      parts.some((_part, from) =>
        parts.some((_each, to) => to >= from && test.test(parts.slice(from, to + 1).join('/'))),
      ),
    );
  };
}

/** A name without its first directories; undefined when nothing is left. */
export function stripped(name: string, components: number): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (components === 0) return name;
  const rest = parts.slice(components).join('/');
  return rest === '' ? undefined : rest;
}

/** Whether a member is one of those that were named, or lies in one. */
export function isAsked(member: string, asked: string): boolean {
  const plain = member.replace(/^\.\//, '').replace(/\/+$/, '');
  const wanted = asked.replace(/^\.\//, '').replace(/\/+$/, '');
  return plain === wanted || plain.startsWith(`${wanted}/`);
}
