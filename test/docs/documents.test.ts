/** What documents point to is there. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { documents, projectPath, readProject, sourcesUnder } from './helper.js';

/** Tables shorten paths; the document says below which folder they are. */
const BASES = ['', 'topology', 'topology/kernel'];

function anchors(path: string): ReadonlySet<string> {
  const heads = [...readProject(path).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    heads.map((head) =>
      head
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}

function isThere(link: string, from: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : join(dirname(from), path);
  if (!existsSync(projectPath(target))) return false;
  return anchor === undefined || anchors(target).has(anchor);
}

describe.each(documents())('%s', (path) => {
  const text = readProject(path);

  test('links to documents and headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
    const local = links.filter((link) => !/^https?:|^docs\/img\//.test(link));
    expect(local.filter((link) => !isThere(link, path))).toEqual([]);
  });

  test('names source files that exist', () => {
    const names = [...text.matchAll(/`([\w-]+\/[\w/.-]+\.(?:ts|mjs|yaml))`/g)].map(
      (match) => match[1] ?? '',
    );
    const missing = names.filter(
      (name) => !BASES.some((base) => existsSync(projectPath(join(base, name)))),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/cli.md', () => {
  test('has every option of every command, and no other', () => {
    const sources = sourcesUnder('server/cli').map(readProject).join('\n');
    const coded = [...sources.matchAll(/'(?:-\w, )?(--[a-z-]+)(?: <[^>]+>)?',/g)];
    const documented = [...readProject('docs/cli.md').matchAll(/^\| .*?`(--[a-z-]+)/gm)];
    const names = (found: readonly RegExpMatchArray[]) => [
      ...new Set(found.map((match) => match[1] ?? '').filter((name) => name !== '--version')),
    ];
    expect(names(documented).sort()).toEqual(names(coded).sort());
  });
});
