import { describe, expect, test } from '@jest/globals';
import {
  Host,
  parseCommand,
  parseIp,
  Rng,
  routeGet,
  SimClock,
  Softirq,
} from '../../../../topology/index.js';

function hostWith(commands: readonly string[]): Host {
  const clock = new SimClock();
  const host = new Host({ name: 'h', clock, rng: new Rng(1), softirq: new Softirq(clock) });
  for (const command of commands) {
    const ops = parseCommand(command);
    if (!ops.ok || !host.apply(ops.value).ok) throw new Error(command);
  }
  return host;
}

const LAB = [
  'ip link add a type veth peer name b',
  'ip link set a up',
  'ip link set b up',
  'ip addr add 10.1.0.1/24 dev a',
  'sysctl -w net.ipv4.ip_forward=1',
  'ip route add default via 10.1.0.254',
  'ip route add blackhole 10.8.0.0/16',
];

function ip(text: string) {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe('ip route get', () => {
  const { root } = hostWith(LAB);
  const a = root.device('a');

  test('answers the way out with the address it would send from', () => {
    const answer = routeGet(root, { dst: ip('8.8.8.8') });
    expect(answer).toMatchObject({
      ok: true,
      value: { type: 'unicast', via: ip('10.1.0.254'), dev: a, src: ip('10.1.0.1'), table: 254 },
    });
  });

  test('answers lo for an address of its own', () => {
    const answer = routeGet(root, { dst: ip('10.1.0.1') });
    expect(answer).toMatchObject({ ok: true, value: { dev: root.loopback, flags: ['local'] } });
  });

  test('says that a packet which goes back where it came from is redirected', () => {
    const answer = routeGet(root, { dst: ip('8.8.8.8'), src: ip('10.1.0.5'), iif: a });
    expect(answer).toMatchObject({ ok: true, value: { flags: ['redirect'], src: undefined } });
  });

  test.each([
    ['a source that is not here', { dst: ip('8.8.8.8'), src: ip('1.1.1.1') }, 'ENETUNREACH'],
    ['a blackhole', { dst: ip('10.8.0.1') }, 'EINVAL'],
    [
      'its own address as source of what comes in',
      { dst: ip('8.8.8.8'), src: ip('10.1.0.1'), iif: a },
      'EINVAL',
    ],
  ])('refuses %s', (_name, question, errno) => {
    expect(routeGet(root, question)).toEqual({ ok: false, error: errno });
  });

  test('refuses what the reverse path filter drops with EXDEV', () => {
    const strict = hostWith([...LAB, 'sysctl -w net.ipv4.conf.b.rp_filter=1']).root;
    const question = { dst: ip('10.1.0.1'), src: ip('10.1.0.7'), iif: strict.device('b') };
    expect(routeGet(strict, question)).toEqual({ ok: false, error: 'EXDEV' });
  });
});
