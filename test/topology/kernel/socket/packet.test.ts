import { describe, expect, test } from '@jest/globals';
import type { PacketSocket } from '../../../../topology/kernel/index.js';
import { ip, Lab } from './lab.js';

/** Opened once duplicate address detection of the link-local addresses is over. */
function open(lab: Lab, protocol?: number, ifname = 'eth0'): PacketSocket {
  lab.clock.advanceTo(lab.clock.nowNs + 3e9);
  const made = lab.client.sys.packetSocket(protocol);
  if (!made.ok) throw new Error(made.error);
  made.value.bind(ifname);
  return made.value;
}

function drain(socket: PacketSocket): string[] {
  const seen: string[] = [];
  for (let got = socket.receive(); got.ok; got = socket.receive()) {
    const { ifname, octets, type } = got.value;
    seen.push(`${ifname} ${type} ${octets.length}`);
  }
  return seen;
}

function ping(lab: Lab): void {
  const made = lab.client.sys.socket('inet', 'raw');
  if (!made.ok) throw new Error(made.error);
  made.value.send(Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 1), { address: ip('10.0.0.2'), port: 0 });
  lab.clock.advanceTo(lab.clock.nowNs + 1e9);
}

describe('a packet socket', () => {
  test('sees what a device sends and receives, resolution included', () => {
    const lab = new Lab();
    const socket = open(lab);
    ping(lab);
    expect(drain(socket)).toEqual([
      'eth0 outgoing 42',
      'eth0 host 42',
      'eth0 outgoing 42',
      'eth0 host 42',
    ]);
    expect(socket.takeStatistics()).toEqual({ received: 4, dropped: 0 });
  });

  test('for one protocol sees what comes in of it', () => {
    const lab = new Lab();
    const socket = open(lab, 0x0806);
    ping(lab);
    expect(drain(socket)).toEqual(['eth0 host 42']);
  });

  test('does not count what its filter refuses', () => {
    const lab = new Lab();
    const socket = open(lab);
    socket.setFilter((octets) => octets[12] === 8 && octets[13] === 6);
    ping(lab);
    expect(socket.takeStatistics()).toEqual({ received: 2, dropped: 0 });
  });

  test('sees a device that is made later when it is bound to none', () => {
    const lab = new Lab();
    const socket = open(lab, undefined, '');
    lab.apply([
      { op: 'link.add', netns: 'a', name: 'd0', spec: { type: 'dummy' } },
      { op: 'link.set', netns: 'a', name: 'd0', up: true },
      {
        op: 'addr.add',
        netns: 'a',
        dev: 'd0',
        addr: { address: ip('10.9.0.1'), prefixLength: 24 },
      },
    ]);
    const made = lab.client.sys.socket('inet', 'dgram');
    if (!made.ok) throw new Error(made.error);
    made.value.send(new Uint8Array(4), { address: ip('10.9.0.2'), port: 9 });
    expect(drain(socket)).toEqual(['d0 outgoing 46']);
  });

  test('sends a frame as it is', () => {
    const lab = new Lab();
    const socket = open(lab);
    const frame = new Uint8Array(42);
    frame.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 9, 8, 6]);
    frame.set([0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 0, 0, 1], 14);
    frame.set([10, 0, 0, 2], 38);
    expect(socket.send(frame)).toEqual({ ok: true, value: 42 });
    lab.clock.advanceTo(lab.clock.nowNs + 1e9);
    expect(drain(socket)).toEqual(['eth0 outgoing 42', 'eth0 otherhost 42']);
  });

  test('makes its device take every frame until it is closed', () => {
    const lab = new Lab();
    const device = lab.netns('a').device('eth0');
    const socket = open(lab);
    expect(socket.setPromiscuous()).toBeUndefined();
    expect(device?.promiscuity).toBe(1);
    expect(device?.promisc).toBe(false);
    socket.close();
    expect(device?.promiscuity).toBe(0);
  });

  test.each([
    ['EPERM', (lab: Lab) => lab.spawn('web', 1000).sys.packetSocket()],
    ['ENXIO', (lab: Lab) => open(lab, undefined, '').send(new Uint8Array(60))],
    ['EINVAL', (lab: Lab) => open(lab).send(new Uint8Array(9))],
    ['EMSGSIZE', (lab: Lab) => open(lab).send(new Uint8Array(1515))],
    [
      'ENETDOWN',
      (lab: Lab) => {
        lab.apply([{ op: 'link.set', netns: 'a', name: 'eth0', up: false }]);
        return open(lab).receive();
      },
    ],
  ])('fails with %s', (errno, run) => {
    expect(run(new Lab())).toEqual({ ok: false, error: errno });
  });

  test('cannot be bound to a device that is not there', () => {
    expect(open(new Lab()).bind('eth9')).toBe('ENODEV');
  });
});
