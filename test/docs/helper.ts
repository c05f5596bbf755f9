import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A path of the repository as a path of this machine. */
export function projectPath(path: string): string {
  return join(ROOT, path);
}

/** The text of a file of the repository. */
export function readProject(path: string): string {
  return readFileSync(projectPath(path), 'utf8');
}

/** TypeScript sources below a folder of the repository, as paths of the repository. */
export function sourcesUnder(folder: string): readonly string[] {
  return readdirSync(projectPath(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sourcesUnder(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** The Markdown documents that readers are given, as paths of the repository. */
export function documents(): readonly string[] {
  const docs = readdirSync(projectPath('docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)];
}
