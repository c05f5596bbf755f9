import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseCommand } from '../../../topology/index.js';
import { ToolsLab } from './harness.js';
import { readToolRecordings } from './recording.js';

/** Recordings of the tools that send, receive and look at packets. */
const NAMES = [
  'curl-connect-timeout',
  'curl-v-ok',
  'dig-closed',
  'nslookup-noroute',
  'arping-dad-dup',
  'arping-none',
  'arping-ok',
  'bb-arping-ok',
  'bb-traceroute-prohibited',
  'traceroute-noroute',
  'bb-nc-refused',
  'bb-nc-timeout',
  'bb-nslookup-closed',
  'bb-ping-ok',
  'bb-ping-unreachable',
  'bb-telnet-refused',
  'bb-traceroute-blackhole',
  'bb-traceroute-ok',
  'bb-wget-ok',
  'bb-wget-refused',
  'curl-localhost-refused',
  'curl-noroute',
  'curl-ok',
  'curl-prohibited',
  'curl-svc-ok',
  'getent-hosts-etc',
  'nc-listen-inuse',
  'nc-udp-refused',
  'nc-vz-noroute',
  'nc-vz-refused',
  'nc-vz-timeout',
  'nslookup-closed-resolver',
  'nslookup-dead-resolver',
  'ping-badname',
  'ping-broadcast',
  'ping-clusterip',
  'ping-df-too-big',
  'ping-localhost',
  'ping-noroute',
  'ping-ok',
  'ping-q',
  'ping-self',
  'ping-timeout',
  'ping-ttl1',
  'ping6-unreachable',
  'traceroute-blackhole',
  'traceroute-dead-pod',
  'traceroute-icmp',
  'traceroute-prohibited',
  'traceroute-ratelimited-1',
];

const recordings = readToolRecordings();

/** Times, identifiers and counts of milliseconds are not compared. */
function masked(text: string): string {
  return text
    .replaceAll('\r', '\n')
    .replace(/^\d\d:\d\d:\d\d\.\d{6}/gm, 'TIME')
    .replace(/\bid \d+/g, 'id N')
    .replace(/= [\d.]+(\/[\d.]+)+ ms/g, '= N')
    .replace(/\d+\.\d{3} ?ms/g, 'N ms')
    .replace(/time \d+ms/g, 'time N ms')
    .replace(/after \d+ ms/g, 'after N ms')
    .replace(/ +N ms/g, ' N ms');
}

describe('a tool prints what the real one printed', () => {
  let lab: ToolsLab;
  beforeAll(async () => {
    lab = await ToolsLab.recorded();
    // Where the recordings were made, what the node had no route for went to a router that did not answer.
    const ops = parseCommand('ip route add default via 192.168.50.254', 'n1');
    if (!ops.ok || !lab.host.apply(ops.value).ok) throw new Error('no default route');
  });

  test.each(NAMES)('%s', async (name) => {
    const recording = recordings.get(name);
    if (recording === undefined) throw new Error(`no recording ${name}`);
    const got = await lab.run(recording.netns, recording.commandLine);
    expect(masked(got.output)).toBe(masked(recording.output));
    expect(got.status).toBe(recording.status);
  });

  test('tcpdump-e-vv', async () => {
    const command = 'tcpdump -n -e -vv -i eth0 & sleep 0.2; ping -c 1 10.244.1.3 > /dev/null';
    const fresh = await ToolsLab.recorded();
    const got = await fresh.run('p1', `${command}; kill -INT $!; wait`);
    expect(masked(got.output)).toBe(masked(recordings.get('tcpdump-e-vv')?.output ?? ''));
  });
});
