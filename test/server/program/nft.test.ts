import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KernelViewer } from '../../../server/program/index.js';
import { Lab, type LabContainer } from './lab.js';

/** One row of nft-tool.json: what nft 1.0.6 printed. */
interface Recorded {
  readonly command: string;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const path = new URL('../../fixture/linux/nft-tool.json', import.meta.url);
const rows: readonly Recorded[] = JSON.parse(readFileSync(path, 'utf8'));

/** A container that sees the host's own namespace. */
function container(lab: Lab, capabilities: readonly string[]): LabContainer {
  const netns = lab.host.netns('');
  const viewer = {
    netns: () => netns,
    apply: (ops: Parameters<KernelViewer['apply']>[0]) => lab.host.apply(ops),
  } as unknown as KernelViewer;
  const security = { capabilities: new Set(capabilities), writesSysctls: true };
  return lab.start({
    argv: ['sleep', '100000'],
    image: { reference: 'netshoot', programKind: 'netshoot', userland: 'any', assumed: true },
    more: { viewer, security },
  });
}

async function runIn(lab: Lab, inside: LabContainer, command: string): Promise<Recorded> {
  const { process, output } = lab.exec(inside, { argv: ['sh', '-c', command] });
  await lab.run(0.001);
  return { command, status: process.exitCode ?? -1, stdout: output.stdout, stderr: output.stderr };
}

describe('nft in a container', () => {
  const mine: Recorded[] = [];

  beforeAll(async () => {
    const lab = new Lab();
    const inside = container(lab, ['CAP_NET_ADMIN']);
    for (const { command } of rows) mine.push(await runIn(lab, inside, command));
  });

  test.each(rows.map((row, at) => [row.command, at, row] as const))(
    '%s (%i) prints and ends as the real one',
    (_, at, row) => {
      expect(mine[at]).toEqual(row);
    },
  );

  test.each([
    [
      'nft list ruleset',
      'Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed: Operation not permitted\n',
    ],
    [
      'nft add table ip x',
      'Error: Could not process rule: Operation not permitted\nadd table ip x\n^^^^^^^^^^^^^^^\n',
    ],
  ])('%s is refused without CAP_NET_ADMIN', async (command, stderr) => {
    const lab = new Lab();
    const inside = container(lab, []);
    expect(await runIn(lab, inside, command)).toEqual({ command, status: 1, stdout: '', stderr });
  });
});
