import { describe, expect, test } from '@jest/globals';
import { CLIENTS, mask, NEIGHBOURS, STATE } from './compared.js';
import { ToolsLab } from './harness.js';
import { readToolRecordings, type ToolRecording } from './recording.js';

const recordings = readToolRecordings();

/** Compared here, each in its own way. */
const ALONE = [
  'conntrack-L',
  'iptables-L-filter',
  'resolv-dead-nameserver-20s',
  'tcpdump-e-vv',
] as const;

/** Recordings that nothing is compared with, and why. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  'bb-list-net-applets': "podnet's busybox lists the applets that podnet has",
};

function recorded(name: (typeof ALONE)[number]): ToolRecording {
  const recording = recordings.get(name);
  if (recording === undefined) throw new Error(`no recording ${name}`);
  return recording;
}

describe('recordings of tools', () => {
  test('76 of 77 are compared, and the other has its reason', () => {
    const compared = [...CLIENTS, ...STATE, ...NEIGHBOURS, ...ALONE];
    expect([...compared, ...Object.keys(NOT_COMPARED)].sort()).toEqual(
      [...recordings.keys()].sort(),
    );
    expect([compared.length, recordings.size]).toEqual([76, 77]);
  });

  test('resolv-dead-nameserver-20s', async () => {
    const { commandLine, netns, output, status } = recorded('resolv-dead-nameserver-20s');
    const lab = await ToolsLab.recorded();
    // The machine mounted the file over the old one; a container's is its own.
    const own = commandLine.replace(/mount --bind (\S+) (\S+);/, 'cat $1 > $2;');
    expect(await lab.run(netns, own)).toMatchObject({ output, status });
  });

  test('iptables-L-filter', async () => {
    const { commandLine, netns, output, status } = recorded('iptables-L-filter');
    const lab = await ToolsLab.recorded();
    expect(await lab.run(netns, commandLine)).toMatchObject({ output, status });
  });

  test('conntrack-L', async () => {
    const { commandLine, netns, output, status } = recorded('conntrack-L');
    const lab = await ToolsLab.recorded();
    await lab.run('p1', 'curl -s http://10.96.0.10/; ping -c 1 10.244.2.2');
    const got = await lab.run(netns, commandLine);
    const masked = (text: string) =>
      text
        .replace(/(dport|sport)=\d{5}|id=\d+|^(\w+ +\d+) \d+/gm, '$1$2=N')
        .split('\n')
        .sort();
    expect(masked(got.output)).toEqual(masked(output));
    expect(got.status).toBe(status);
  });

  test('tcpdump-e-vv', async () => {
    const { netns, output } = recorded('tcpdump-e-vv');
    const lab = await ToolsLab.recorded();
    const command = 'tcpdump -n -e -vv -i eth0 & sleep 0.2; ping -c 1 10.244.1.3 > /dev/null';
    const got = await lab.run(netns, `${command}; kill -INT $!; wait`);
    expect(mask(got.output)).toBe(mask(output));
  });
});
