import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../topology/index.js';
import { CLIENTS, mask } from './compared.js';
import { ToolsLab } from './harness.js';
import { readToolRecordings } from './recording.js';

const recordings = readToolRecordings();

describe('a tool prints what the real one printed', () => {
  let lab: ToolsLab;
  beforeAll(async () => {
    lab = await ToolsLab.recorded();
    // Where the recordings were made, what the node had no route for went to a router that did not answer.
    const ops = parseCommand('ip route add default via 192.168.50.254', 'n1');
    if (!ops.ok || !lab.host.apply(ops.value).ok) throw new Error('no default route');
  });

  test.each(CLIENTS)('%s', async (name) => {
    const recording = recordings.get(name);
    if (recording === undefined) throw new Error(`no recording ${name}`);
    const got = await lab.run(recording.netns, recording.commandLine);
    expect(mask(got.output)).toBe(mask(recording.output));
    expect(got.status).toBe(recording.status);
  });
});
