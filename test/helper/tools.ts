import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { unbuildable } from '../conformance/live/agent.js';

/** Programs that some tests need and not every machine has. */
export type Tool = 'chromium' | 'tshark' | 'iptables' | 'kubectl' | 'corpus' | 'labs' | 'kernel';

const REQUIRED = new Set((process.env.PODNET_REQUIRE ?? '').split(','));
const KUBECTLS = [
  '/usr/lib/google-cloud-sdk/bin/kubectl.1.33',
  '/usr/local/bin/kubectl',
  '/usr/bin/kubectl',
];
const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The kubectl to test with: PODNET_KUBECTL, or one that is installed. */
export const KUBECTL =
  process.env.PODNET_KUBECTL ?? KUBECTLS.find((path) => existsSync(path)) ?? '';

/** The Chromium to test with: PODNET_CHROMIUM, or one that is installed. */
export const CHROMIUM =
  process.env.PODNET_CHROMIUM ?? CHROMIUMS.find((path) => existsSync(path)) ?? '';

/** The file to write down what kubectl sends for its acceptance lines, if any. */
export const RECORDING = process.env.PODNET_RECORD ?? '';

/** The folder of manifests to test with, if any. */
export const CORPUS = process.env.PODNET_CORPUS ?? '';

/** The folder of scenarios recorded on Linux to test with, if any. */
export const LABS = process.env.PODNET_LABS ?? '';

const PROBES: Readonly<Record<Tool, () => boolean>> = {
  chromium: () => CHROMIUM !== '',
  tshark: () => spawnSync('tshark', ['-v']).status === 0,
  iptables: () => canMakeNetns() && spawnSync('iptables-restore', ['--version']).status === 0,
  kubectl: () => KUBECTL !== '' && existsSync(KUBECTL),
  corpus: () => CORPUS !== '' && existsSync(CORPUS),
  labs: () => LABS !== '' && existsSync(LABS),
  kernel: () => unbuildable() === undefined,
};

/** Whether tests that need a tool run here. Where PODNET_REQUIRE names the tool they run, and fail, without it. */
export function has(tool: Tool): boolean {
  return isRequired(tool) || PROBES[tool]();
}

/** Whether PODNET_REQUIRE names a tool: tests may not be skipped for want of it. */
export function isRequired(tool: Tool): boolean {
  return REQUIRED.has(tool);
}

/** For the name of a test: nothing, or that it is skipped and why. */
export function skipNote(tool: Tool): string {
  return has(tool) ? '' : ` (skipped: no ${tool} here)`;
}

function canMakeNetns(): boolean {
  const name = `podnet-probe-${process.pid}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return false;
  spawnSync('ip', ['netns', 'del', name]);
  return true;
}
