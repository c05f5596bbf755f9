/** docs/errors.md and the code name the same errors. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DROP_REASONS } from '../../topology/kernel/drop.js';
import { ERRNO } from '../../topology/kernel/errno.js';
import { projectPath, readProject, sourcesUnder } from './helper.js';

const text = readFileSync(projectPath('docs/errors.md'), 'utf8');

/** The part of the document under a heading of the second level. */
function section(title: string): string {
  const after = text.split(`\n## ${title}\n`)[1];
  if (after === undefined) throw new Error(`docs/errors.md must have a section '${title}'`);
  return after.split('\n## ')[0] ?? '';
}

/** The first cells of a section's tables, where they hold one name in backquotes. */
function firstCells(part: string): readonly string[] {
  return [...part.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '').sort();
}

/** Every name that a pattern finds in the sources of some folders, once each. */
function inSources(folders: readonly string[], pattern: RegExp): readonly string[] {
  const found = folders
    .flatMap((folder) => sourcesUnder(folder))
    .flatMap((file) => [...readProject(file).matchAll(pattern)].map((match) => match[1] ?? ''));
  return [...new Set(found)].sort();
}

describe('docs/errors.md', () => {
  test('has every drop reason of the kernel with its sentence, and no other', () => {
    const rows = [...section('Drop reasons').matchAll(/^\| `([^`]+)` \| (.+?) \| /gm)];
    expect(Object.fromEntries(rows.map((row) => [row[1], row[2]]))).toEqual(DROP_REASONS);
  });

  test('has every errno of the kernel with number and words, and no other', () => {
    const rows = [...section('Errnos').matchAll(/^\| `(E\w+)` \| (\d+) \| ([^|]+?) \|/gm)];
    expect(Object.fromEntries(rows.map((row) => [row[1], [Number(row[2]), row[3]]]))).toEqual(
      ERRNO,
    );
  });

  test.each([
    ['wire', 'Wire', ['topology/wire']],
    ['command', 'Commands and kernel', ['topology/kernel/command']],
    ['kernel', 'Commands and kernel', ['topology/kernel']],
    ['registry', 'Registry', ['server/registry']],
    ['store', 'Store', ['server/store']],
  ])('has every code of the area %s, and no other', (area, title, folders) => {
    const coded = inSources(folders, new RegExp(`'(${area}/[a-z-]+)'`, 'g'));
    const documented = firstCells(section(title)).filter((name) => name.startsWith(`${area}/`));
    expect(coded).not.toEqual([]);
    expect(documented).toEqual(coded);
  });

  test('has every reason for which a manifest is refused, and no other', () => {
    const source = readProject('server/api/manifest/problem.ts');
    const union = /type ProblemReason =([^;]+);/.exec(source)?.[1] ?? '';
    const coded = [...union.matchAll(/'([a-z-]+)'/g)].map((match) => match[1] ?? '').sort();
    expect(firstCells(section('Manifests'))).toEqual(coded);
  });

  test('names every reason that kubelets, controllers and the API server give', () => {
    const coded = inSources(
      ['server/kubelet', 'server/control', 'server/api/http'],
      /reason: '([A-Z]\w+)'/g,
    );
    expect(coded.length).toBeGreaterThan(40);
    expect(coded.filter((reason) => !text.includes(`\`${reason}\``))).toEqual([]);
  });
});
