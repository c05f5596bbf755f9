import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KernelViewer } from '../../../server/program/index.js';
import { Lab, type LabContainer } from './lab.js';

/** One row of netfilter-tools.json: what a real tool printed. */
interface Recorded {
  readonly command: string;
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const path = new URL('../../fixture/linux/netfilter-tools.json', import.meta.url);
const rows: readonly Recorded[] = JSON.parse(readFileSync(path, 'utf8'));

/** What differs from run to run: dates, sizes in memory, seeds. */
function masked(text: string): string {
  return text
    .replaceAll(/ on \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, ' on DATE')
    .replaceAll(/Size in memory: \d+/g, 'Size in memory: N')
    .replaceAll(/initval 0x[0-9a-f]{8}/g, 'initval 0xN');
}

/** A container that sees the host's own namespace, with or without CAP_NET_ADMIN. */
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
  return {
    command,
    status: process.exitCode ?? -1,
    stdout: masked(output.stdout),
    stderr: masked(output.stderr),
  };
}

describe('iptables, ipset and conntrack in a container', () => {
  const mine: Recorded[] = [];

  beforeAll(async () => {
    const lab = new Lab();
    const inside = container(lab, ['CAP_NET_ADMIN']);
    for (const { command } of rows) mine.push(await runIn(lab, inside, command));
  });

  test.each(rows.map((row, at) => [row.command, at, row] as const))(
    '%s (%i) prints and ends as the real one',
    (_, at, row) => {
      expect(mine[at]).toEqual({
        ...row,
        stdout: masked(row.stdout),
        stderr: masked(row.stderr),
      });
    },
  );
});

describe('without CAP_NET_ADMIN', () => {
  test.each([
    [
      'iptables -L',
      4,
      'iptables v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n',
    ],
    [
      'ip6tables-save',
      4,
      'ip6tables-save v1.8.9 (nf_tables): Could not fetch rule set generation id: Permission denied (you must be root)\n',
    ],
    ['ipset list', 1, 'ipset v7.17: Kernel error received: Operation not permitted\n'],
    [
      'conntrack -L',
      1,
      'conntrack v1.4.7 (conntrack-tools): Operation failed: sorry, you must be root or get CAP_NET_ADMIN capability to do this\n',
    ],
  ])('%s is refused', async (command, status, stderr) => {
    const lab = new Lab();
    const mine = await runIn(lab, container(lab, []), command);
    expect(mine).toMatchObject({ status, stderr, stdout: '' });
  });
});
