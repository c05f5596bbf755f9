import { expect, test } from '@jest/globals';
import { Rng } from '../../../../topology/base/index.js';
import {
  chooseTcpBindPort,
  chooseTcpConnectPort,
  chooseUdpPort,
} from '../../../../topology/kernel/socket/ephemeral.js';
import { ip, Lab, open } from './lab.js';

const THREE = { low: 50000, high: 50002 };

/** Takes ports until there is none. */
function exhaust(choose: (isFree: (port: number) => boolean) => number | undefined): number[] {
  const taken: number[] = [];
  for (;;) {
    const port = choose((candidate) => !taken.includes(candidate));
    if (port === undefined) return taken.sort((a, b) => a - b);
    taken.push(port);
  }
}

test('a range of three gives TCP two ports and UDP three', () => {
  const rng = new Rng(1);
  expect(exhaust((isFree) => chooseTcpConnectPort(THREE, rng.uint32(), isFree))).toEqual([
    50000, 50001,
  ]);
  expect(exhaust((isFree) => chooseTcpBindPort(THREE, rng, { reuseAddr: false, isFree }))).toEqual([
    50000, 50001,
  ]);
  expect(exhaust((isFree) => chooseUdpPort(THREE, rng, isFree))).toEqual([50000, 50001, 50002]);
});

test('every port of an even range is found, with REUSEADDR too', () => {
  const range = { low: 40000, high: 40099 };
  const all = Array.from({ length: 100 }, (_, index) => 40000 + index);
  const rng = new Rng(2);
  expect(exhaust((isFree) => chooseTcpConnectPort(range, rng.uint32(), isFree))).toEqual(all);
  expect(exhaust((isFree) => chooseTcpBindPort(range, rng, { reuseAddr: true, isFree }))).toEqual(
    all,
  );
});

test('a range of one port is one port', () => {
  const one = { low: 40000, high: 40000 };
  expect(exhaust((isFree) => chooseTcpConnectPort(one, 7, isFree))).toEqual([40000]);
  expect(exhaust((isFree) => chooseUdpPort(one, new Rng(1), isFree))).toEqual([40000]);
});

test('ip_local_port_range bounds what sockets get', () => {
  const lab = new Lab();
  const key = 'net.ipv4.ip_local_port_range';
  lab.apply([{ op: 'sysctl.set', netns: 'a', key, value: '50000 50002' }]);
  const ports = [1, 2, 3].map(() => {
    const socket = open(lab.client, 'dgram');
    socket.bind(ip('0.0.0.0'), 0);
    return socket.local?.port;
  });
  expect(ports.sort()).toEqual([50000, 50001, 50002]);
  expect(open(lab.client, 'dgram').bind(ip('0.0.0.0'), 0)).toBe('EADDRINUSE');
});
