import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KUBECTL } from './tools.js';

/** Release of a kubectl, such as `1.33`. */
export type KubectlRelease = `1.${number}`;

/**
 * The kubectl of a release: `kubectl.1.33` beside the one to test with (PODNET_KUBECTL), or that one itself when it is of
 * the release; undefined when there is none.
 */
export function kubectlOf(release: KubectlRelease): string | undefined {
  if (!existsSync(KUBECTL)) return undefined;
  const folders = [dirname(KUBECTL), dirname(realpathSync(KUBECTL))];
  const sibling = folders.map((folder) => join(folder, `kubectl.${release}`)).find(existsSync);
  if (sibling !== undefined) return sibling;
  return releaseOf(KUBECTL) === release ? KUBECTL : undefined;
}

function releaseOf(path: string): string | undefined {
  const { stdout } = spawnSync(path, ['version', '--client'], { encoding: 'utf8' });
  return /Client Version: v(\d+\.\d+)/.exec(stdout)?.[1];
}
