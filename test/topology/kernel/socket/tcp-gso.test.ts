import { expect, test } from '@jest/globals';
import type { KernelOp } from '../../../../topology/kernel/index.js';
import { ip, Lab, listen, open } from './lab.js';

test('data sent by a bridge is whole on the bridge and cut where it leaves by a port', () => {
  const lab = new Lab();
  const address = (netns: 'a' | 'b', dev: string, host: number): KernelOp => ({
    op: 'addr.add',
    netns,
    dev,
    addr: { address: ip(`10.1.0.${host}`), prefixLength: 24 },
  });
  lab.apply([
    { op: 'link.add', netns: 'a', name: 'br0', spec: { type: 'bridge' } },
    {
      op: 'link.add',
      netns: 'a',
      name: 'port',
      spec: { type: 'veth', peer: { name: 'eth1', netns: 'b' } },
    },
    { op: 'link.set', netns: 'a', name: 'port', up: true, master: 'br0' },
    { op: 'link.set', netns: 'a', name: 'br0', up: true },
    { op: 'link.set', netns: 'b', name: 'eth1', up: true },
    address('a', 'br0', 1),
    address('b', 'eth1', 2),
  ]);
  const seen: Record<string, [payload: number, push: boolean, id: number][]> = {
    br0: [],
    port: [],
  };
  for (const name of ['br0', 'port']) {
    lab
      .netns('a')
      .device(name)
      ?.tap(({ packet }, direction) => {
        if (direction === 'in' || packet.kind !== 'ipv4' || packet.body.kind !== 'tcp') return;
        const { payload, flags } = packet.body;
        if (payload.length > 0) seen[name]?.push([payload.length, (flags & 8) !== 0, packet.id]);
      });
  }
  const listener = listen(lab.server);
  const client = open(lab.client, 'stream');
  client.connect(ip('10.1.0.2'), 80);
  lab.run(0.01);
  client.send(new Uint8Array(3000));
  lab.run(0.01);
  const first = seen['br0']?.[0]?.[2] ?? 0;
  expect(seen['br0']).toEqual([[3000, true, first]]);
  expect(seen['port']).toEqual([
    [1448, false, first],
    [1448, false, first + 1],
    [104, true, first + 2],
  ]);
  const far = listener.accept();
  const read = far.ok ? far.value.receive() : far;
  expect(read.ok && read.value.octets.length).toBe(3000);
  client.send(new Uint8Array(10));
  lab.run(0.01);
  expect(seen['br0']?.[1]?.[2]).toBe(first + 3);
});
