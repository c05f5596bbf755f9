import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Ipv4, Ipv6, Mac } from '../../../topology/addr/index.js';
import {
  dnsQuery,
  emitDns,
  emitFrame,
  emitPcapng,
  type Frame,
  fragmentIpv4,
  type Ipv4Packet,
  type L4Body,
  quoteOf,
} from '../../../topology/wire/index.js';
import { has, skipNote } from '../../helper/tools.js';

const A = 0x0af40102 as Ipv4;
const B = 0x0af40203 as Ipv4;

function v4(proto: number, body: L4Body): Ipv4Packet {
  return {
    kind: 'ipv4',
    src: A,
    dst: B,
    ttl: 64,
    tos: 0,
    id: 1,
    df: true,
    mf: false,
    fragOffset: 0,
    proto,
    body,
  };
}

function frame(packet: Frame['packet'], etherType = 0x0800): Frame {
  return { src: 0x020000000001 as Mac, dst: 0x020000000002 as Mac, etherType, packet };
}

const payload = Uint8Array.from([104, 105, 10]);
const udp: L4Body = { kind: 'udp', srcPort: 40001, dstPort: 9, payload };
const query: L4Body = {
  kind: 'udp',
  srcPort: 40001,
  dstPort: 53,
  payload: emitDns(dnsQuery(7, 'api.default.svc.cluster.local', 1)),
};
const syn: L4Body = {
  kind: 'tcp',
  srcPort: 40002,
  dstPort: 80,
  seq: 1,
  ack: 0,
  flags: 2,
  window: 64240,
  options: { mss: 1460, sackPermitted: true, timestamp: { value: 1, echo: 0 }, windowScale: 7 },
  payload: new Uint8Array(0),
};
const big: L4Body = { kind: 'udp', srcPort: 40001, dstPort: 9, payload: new Uint8Array(3000) };
const unreachable: L4Body = {
  kind: 'icmp',
  type: 3,
  code: 3,
  rest: 0,
  payload: quoteOf(v4(17, udp)),
};
const tunnel: L4Body = {
  kind: 'udp',
  srcPort: 50000,
  dstPort: 4789,
  payload: { kind: 'vxlan', vni: 1, inner: frame(v4(6, syn)) },
  noChecksum: true,
};
const echo6: L4Body = { kind: 'icmp', type: 128, code: 0, rest: 0x10001, payload };
const frames: readonly Frame[] = [
  frame(
    { kind: 'arp', op: 1, senderMac: 1 as Mac, senderIp: A, targetMac: 0 as Mac, targetIp: B },
    0x0806,
  ),
  frame(v4(17, udp)),
  frame(v4(17, query)),
  frame(v4(6, syn)),
  frame(v4(1, unreachable)),
  frame(v4(17, tunnel)),
  ...fragmentIpv4({ ...v4(17, big), df: false }, 1500).map((packet) => frame(packet)),
  frame(
    {
      kind: 'ipv6',
      src: 1n as Ipv6,
      dst: 2n as Ipv6,
      hopLimit: 64,
      trafficClass: 0,
      flowLabel: 0,
      proto: 58,
      body: echo6,
    },
    0x86dd,
  ),
];

describe('pcapng', () => {
  test('begins with a section header and ends on a multiple of four octets', () => {
    const file = emitPcapng([{ name: 'eth0' }], []);
    expect([...file.subarray(0, 12)]).toEqual([
      0x0a, 0x0d, 0x0d, 0x0a, 44, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a,
    ]);
    expect(file.length % 4).toBe(0);
  });

  const withTshark = has('tshark') ? test : test.skip;
  withTshark(`tshark finds nothing malformed and no bad checksum${skipNote('tshark')}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'podnet-pcapng-'));
    try {
      const path = join(folder, 'out.pcapng');
      const records = frames.map((one, index) => ({
        device: index % 2,
        atNs: 1_000_000_001n + BigInt(index),
        octets: emitFrame(one),
        comment: `hop ${index}`,
        direction: 'out' as const,
      }));
      writeFileSync(path, emitPcapng([{ name: 'web/eth0' }, { name: 'node-1/cni0' }], records));
      const checks = ['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);
      const read = (...more: string[]) =>
        execFileSync('tshark', ['-r', path, ...checks, ...more], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
      const bad =
        '_ws.malformed or ip.checksum.status==0 or tcp.checksum.status==0 or udp.checksum.status==0 or icmp.checksum.status==0 or icmpv6.checksum.status==0';
      expect(read('-Y', bad)).toBe('');
      const fields = ['frame.interface_name', 'frame.time_epoch', 'frame.comment'].flatMap(
        (name) => ['-e', name],
      );
      const lines = read('-T', 'fields', ...fields)
        .trim()
        .split('\n');
      expect(lines).toHaveLength(frames.length);
      expect(lines[1]).toBe('node-1/cni0\t1.000000002\thop 1');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
