import { beforeAll, describe, expect, test } from '@jest/globals';
import { NEIGHBOURS, STATE } from './compared.js';
import { ToolsLab } from './harness.js';
import { readToolRecordings } from './recording.js';

const recordings = readToolRecordings();

describe('tools that show state print what they printed on Linux', () => {
  let lab: ToolsLab;

  beforeAll(async () => {
    lab = await ToolsLab.recorded();
  });

  test.each(STATE)('%s', async (name) => {
    await compare(lab, name);
  });
});

describe('tools that show neighbours print what they printed on Linux', () => {
  let lab: ToolsLab;

  beforeAll(async () => {
    lab = await ToolsLab.recorded();
    await lab.run('p1', "sysctl -w 'net.ipv4.ping_group_range=0 2147483647'");
    await lab.run('p1', 'ping -c 1 10.244.1.1');
  });

  test.each(NEIGHBOURS)('%s', async (name) => {
    await compare(lab, name);
  });
});

async function compare(lab: ToolsLab, name: string): Promise<void> {
  const recording = recordings.get(name);
  if (recording === undefined) throw new Error(`no recording ${name}`);
  const isolated = recording.commandLine.startsWith('unshare -i ');
  const commandLine = recording.commandLine
    .replace(/^unshare -i sh -c '(.*)'$/, '$1')
    .replace(/^unshare -i /, '');
  const ran = await lab.run(recording.netns, commandLine, isolated ? { unshare: ['ipc'] } : {});
  expect(mask(ran.output)).toBe(mask(recording.output));
  expect(ran.status).toBe(recording.status);
}

/** What differs from run to run: pids, descriptors, keys, and columns that are as wide as those. */
function mask(text: string): string {
  return text
    .replaceAll(/pid=\d+,fd=\d+/g, 'pid=N,fd=N')
    .replaceAll(/ +$/gm, '')
    .replaceAll(/0x[0-9a-f]{8} /g, '0xKEY ')
    .replaceAll(/(ref \d+ )?used \d+\/\d+\/\d+ probes \d+/g, 'used N probes N')
    .replaceAll(/^(Total|TCP): .*$/gm, '$1: N');
}
