import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Captures } from '../../../server/cluster/captures.js';
import type { CaptureRequest } from '../../../server/contract/capture.js';
import { type Scenario, startCluster } from '../../scenario/helper/start-cluster.js';
import { SHOP } from './shop.js';

let it: Scenario;
let captures: Captures;
beforeAll(async () => {
  it = await startCluster({ manifests: SHOP });
  captures = new Captures(it.cluster);
});
afterAll(() => it.stop());

const CLIENT: CaptureRequest = {
  of: 'pod:default/client',
  device: 'eth0',
  filter: 'tcp port 8080',
};

function start(request: Partial<CaptureRequest> = {}): string {
  const started = captures.start({ ...CLIENT, ...request });
  if (!started.ok) throw new Error(started.error);
  return started.value;
}

function texts(id: string, after = 0): readonly string[] {
  const read = captures.read(id, after);
  if (!read.ok) throw new Error(read.error);
  return read.value.lines.map(({ direction, text }) => `${direction} ${text}`);
}

describe('a capture', () => {
  test('prints what passes as tcpdump does, and only what its filter takes', async () => {
    const id = start();
    await it.shell('client', 'wget -qO- http://shop:8080/');
    const lines = texts(id);
    expect(lines[0]).toMatch(
      /^out \d\d:\d\d:\d\d\.\d{6} IP 10\.244\.\d\.\d+\.\d+ > 10\.\d+\.\d+\.\d+\.8080: Flags \[S\], seq \d+/,
    );
    expect(lines[1]).toMatch(/^in .*Flags \[S\.\]/);
    expect(lines.some((line) => line.includes('.53'))).toBe(false);
    expect(texts(id, lines.length)).toEqual([]);
    captures.stop(id);
    expect(captures.read(id, 0).ok).toBe(false);
  });

  test('takes names of Services and pods in its filter', async () => {
    const id = start({ filter: 'host shop' });
    await it.shell('client', 'wget -qO- http://shop:8080/');
    expect(texts(id).length).toBeGreaterThan(5);
    captures.stop(id);
  });

  test('gives a frame header by header, and all of them as a file', async () => {
    const id = start({ device: 'any' });
    await it.shell('client', 'wget -qO- http://shop:8080/');
    const packet = captures.packet(id, 1);
    expect(packet.ok && packet.value.layers.map(({ name }) => name)).toEqual([
      'Ethernet',
      'IPv4',
      'TCP',
    ]);
    const file = captures.file(id);
    expect(file.ok && Buffer.from(file.value, 'base64').readUInt32BE(0)).toBe(0x0a0d0d0a);
    captures.stop(id);
    expect(captures.packet(id, 1).ok).toBe(false);
  });

  test('on a node sees both ends of what passes there', async () => {
    const node = it.cluster.store.get('pods', 'default', 'client')?.spec.nodeName;
    const id = start({ of: `node:${node}`, device: 'cni0', filter: 'icmp' });
    await it.shell('client', 'ping -c 1 10.244.0.1');
    expect(texts(id)[0]).toMatch(/ICMP echo request/);
    captures.stop(id);
  });

  test('gives way to the ninth, when nobody read it for longest', () => {
    const ids = Array.from({ length: 9 }, () => start());
    expect(captures.read(ids[0] ?? '', 0).ok).toBe(false);
    expect(captures.read(ids[8] ?? '', 0).ok).toBe(true);
    for (const id of ids) captures.stop(id);
  });

  test.each<readonly [what: string, request: Partial<CaptureRequest>, error: string]>([
    ['a device that is not there', { device: 'eth7' }, 'eth7: No such device exists'],
    [
      'a filter that cannot be parsed',
      { filter: 'tcp prot' },
      "can't parse filter expression: syntax error",
    ],
    ['a name that nobody has', { filter: 'host nobody' }, "unknown host 'nobody'"],
    ['a filter without end', { filter: 'x'.repeat(3000) }, 'a filter has at most 2000 characters'],
    ['a pod that is not there', { of: 'pod:default/none' }, 'pods "none" not found'],
    ['a node that is not there', { of: 'node:none' }, "'node:none' is gone"],
  ])('refuses %s', (_what, request, error) => {
    expect(captures.start({ ...CLIENT, ...request })).toEqual({ ok: false, error });
  });
});
