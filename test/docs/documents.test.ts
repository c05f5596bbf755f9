/** What documents point to is there. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { documents, projectPath, readProject, sourcesUnder } from './helper.js';

/** Tables shorten paths; the document says below which folder they are. */
const BASES = ['', 'topology', 'topology/kernel', 'web'];

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

describe('docs/support.md', () => {
  test('names every source file that says it does less than the real thing', () => {
    const support = readProject('docs/support.md');
    const sources = ['topology', 'server'].flatMap((folder) => sourcesUnder(folder));
    const simplified = sources.filter((file) => readProject(file).includes('Fidelity:'));
    expect(simplified.length).toBeGreaterThan(80);
    expect(simplified.filter((file) => !support.includes(`\`${file}\``))).toEqual([]);
  });

  test('names no source file that claims to do everything', () => {
    const names = [
      ...readProject('docs/support.md').matchAll(/`((?:topology|server)\/[\w/.-]+\.ts)`/g),
    ];
    const complete = names
      .map((match) => match[1] ?? '')
      .filter((file) => !readProject(file).includes('Fidelity:'));
    expect(complete).toEqual([]);
  });
});

describe('docs/development.md', () => {
  test('has every variable that tests read, and no other', () => {
    const tests = [...sourcesUnder('test/helper'), ...sourcesUnder('test/conformance')];
    const text = [...tests.map(readProject), readProject('.ci/run')].join('\n');
    const names = (found: string) => [...new Set(found.match(/\bPODNET_[A-Z]+/g))].sort();
    expect(names(readProject('docs/development.md'))).toEqual(names(text));
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
