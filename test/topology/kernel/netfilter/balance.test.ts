import { describe, expect, test } from '@jest/globals';
import { parseIp } from '../../../../topology/addr/index.js';
import { Rng, SimClock } from '../../../../topology/base/index.js';
import { parseCommand } from '../../../../topology/kernel/command/index.js';
import { Host, type Process, Softirq } from '../../../../topology/kernel/index.js';

/** How far a random share may be off; so measured Linux's own two runs against each other. */
const TOLERANCE = 0.05;

const BACKENDS = ['10.244.1.2', '10.244.1.3', '10.244.1.4'] as const;
const PORT = 8080;

/** A host that is a service's three backends itself, with these matches before each DNAT. */
function serviceHost(matches: readonly string[]): Host {
  const clock = new SimClock();
  const host = new Host({ name: 'n1', clock, rng: new Rng(7), softirq: new Softirq(clock) });
  const dnat = BACKENDS.map((address, index) => {
    const match = matches[index] ?? '';
    return `iptables -t nat -A OUTPUT -d 10.96.0.10 -p udp ${match} -j DNAT --to-destination ${address}:${PORT}`;
  });
  const commands = [
    'ip link add d0 type dummy',
    'ip link set d0 up',
    ...BACKENDS.map((address) => `ip addr add ${address}/24 dev d0`),
    'ip route add default via 10.244.1.1 dev d0',
    ...dnat,
  ];
  for (const command of commands) {
    const ops = parseCommand(command);
    if (!ops.ok) throw new Error(`${command}: ${ops.error.message}`);
    const applied = host.apply(ops.value);
    if (!applied.ok) throw new Error(`${command}: ${applied.error.message}`);
  }
  return host;
}

function spawn(host: Host): Process {
  const made = host.processes.cloneInNetns({ comm: 'app', argv: ['app'] }, host.root);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

function ip(text: string) {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** The share of connections that each backend got. */
function shares(host: Host, connections: number): readonly number[] {
  const counts = BACKENDS.map(() => 0);
  const server = spawn(host);
  for (const [index, address] of BACKENDS.entries()) {
    const socket = server.sys.socket('inet', 'dgram');
    if (!socket.ok) throw new Error(socket.error);
    socket.value.bind(ip(address), PORT);
    socket.value.onReady = () => {
      while (socket.value.receive().ok) counts[index] = (counts[index] ?? 0) + 1;
    };
  }
  const client = spawn(host);
  for (let index = 0; index < connections; index++) {
    const socket = client.sys.socket('inet', 'dgram');
    if (!socket.ok) throw new Error(socket.error);
    // A port that an earlier connection had would follow that one.
    socket.value.bind(ip('0.0.0.0'), 20_000 + index);
    // Twice from the same port: the second packet belongs to the connection and follows the first.
    for (let packet = 0; packet < 2; packet++) {
      socket.value.send(new Uint8Array(8), { address: ip('10.96.0.10'), port: 80 });
    }
    host.clock.advance(1_000_000);
    socket.value.close();
  }
  return counts.map((count) => count / (2 * connections));
}

describe('connections to a service are shared as Linux shared them', () => {
  test.each([
    [
      'statistic random 1/3, 1/2, rest',
      1500,
      [
        '-m statistic --mode random --probability 0.33333333349',
        '-m statistic --mode random --probability 0.5',
      ],
      [0.335, 0.34, 0.325],
      TOLERANCE,
    ],
    [
      'statistic nth 3, 2, rest',
      300,
      [
        '-m statistic --mode nth --every 3 --packet 0',
        '-m statistic --mode nth --every 2 --packet 0',
      ],
      [0.333, 0.333, 0.333],
      0.001,
    ],
    [
      'the mistake of random 1/3, 1/3, rest',
      1500,
      [
        '-m statistic --mode random --probability 0.33333333349',
        '-m statistic --mode random --probability 0.33333333349',
      ],
      [0.339, 0.225, 0.436],
      TOLERANCE,
    ],
  ])('%s', (_name, connections, matches, measured, tolerance) => {
    const got = shares(serviceHost(matches), connections);
    for (const [index, share] of measured.entries()) {
      expect(Math.abs((got[index] ?? 0) - share)).toBeLessThanOrEqual(tolerance);
    }
  });
});
