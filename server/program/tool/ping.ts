/** ping and traceroute, of iputils and busybox. */
import { formatIp, type Ip, type Received, strerror } from '../../../topology/index.js';
import { sleep, whenReady } from '../io/wait.js';
import { resolveHost } from '../net/resolver.js';
import { parseOptions, type Tool, type ToolIo } from './tool.js';

const SECOND_NS = 1_000_000_000;
const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const TIME_EXCEEDED = 11;
const TRACEROUTE_PORT = 33_434;
const UNREACHABLE_WORDS = [
  'Destination Net Unreachable',
  'Destination Host Unreachable',
  'Destination Protocol Unreachable',
  'Destination Port Unreachable',
  'Frag needed and DF set',
];

function ms(ns: number): string {
  return (ns / 1e6).toFixed(3);
}

async function target(io: ToolIo, name: string): Promise<Ip | undefined> {
  const resolved = await resolveHost(io.guest, name, { family: 'ipv4' });
  return resolved.ok ? resolved.value[0] : undefined;
}

/** ping: one echo request each interval, and the sums at the end. */
export const ping: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'qnv46bfAD',
    withValue: ['c', 'i', 'W', 'w', 's', 't', 'I', 'M'],
  });
  const [name = ''] = options.rest;
  const address = await target(io, name);
  if (address === undefined) {
    return io.busybox
      ? io.fail(`bad address '${name}'`)
      : io.fail(`${name}: Name or service not known`, 2);
  }
  const made = io.guest.socket('ping', address);
  if (!made.ok) return io.fail(`socket: ${strerror(made.error)}`, 2);
  const socket = made.value;
  socket.setOption('IP_RECVERR', 1);
  if (options.values.has('t')) socket.setOption('IP_TTL', Number(options.values.get('t')));
  if (options.values.get('M') === 'do') socket.setOption('IP_MTU_DISCOVER', 2);
  const refused = socket.connect(address, 0);
  if (refused !== undefined) {
    if (refused === 'EACCES')
      return io.fail(
        'Do you want to ping broadcast? Then -b. If not, check your local firewall rules',
        2,
      );
    return io.fail(
      io.busybox ? `sendto: ${strerror(refused)}` : `connect: ${strerror(refused)}`,
      io.busybox ? 1 : 2,
    );
  }
  const size = Number(options.values.get('s') ?? 56);
  const count = Number(options.values.get('c') ?? Number.POSITIVE_INFINITY);
  const intervalNs = Number(options.values.get('i') ?? 1) * SECOND_NS;
  const waitNs = Number(options.values.get('W') ?? 10) * SECOND_NS;
  const shown = formatIp(address);
  await io.out(
    io.busybox
      ? `PING ${name} (${shown}): ${size} data bytes\n`
      : `PING ${name} (${shown}) ${size}(${size + 28}) bytes of data.\n`,
  );
  const quiet = options.flags.has('q');
  const sentNs = new Map<number, number>();
  const times: number[] = [];
  const startNs = io.sys.nowNs;
  const deadlineNs = options.values.has('w')
    ? startNs + Number(options.values.get('w')) * SECOND_NS
    : undefined;
  let sent = 0;
  let errors = 0;
  const report = async (line: string): Promise<void> => {
    if (!quiet) await io.out(`${line}\n`);
  };
  const onEcho = async (got: Received): Promise<void> => {
    const sequence = got.icmp?.sequence ?? 0;
    const since = sentNs.get(sequence);
    if (since === undefined || (got.icmp?.type ?? ECHO_REPLY) !== ECHO_REPLY) return;
    sentNs.delete(sequence);
    const elapsed = io.sys.nowNs - since;
    times.push(elapsed);
    const label = io.busybox ? `seq=${sequence - 1}` : `icmp_seq=${sequence}`;
    await report(
      `${size + 8} bytes from ${formatIp(got.from.address)}: ${label} ttl=${got.ttl ?? 64} time=${ms(elapsed)} ms`,
    );
  };
  const drain = async (): Promise<void> => {
    for (let got = socket.receive(); got.ok; got = socket.receive()) await onEcho(got.value);
    for (let got = socket.receiveError(); got.ok; got = socket.receiveError()) {
      errors++;
      if (io.busybox) continue;
      const { icmp, from } = got.value;
      const sequence = icmp?.sequence ?? sent;
      if (icmp?.type === TIME_EXCEEDED)
        await report(`From ${formatIp(from.address)} icmp_seq=${sequence} Time to live exceeded`);
      else if (icmp?.type === UNREACHABLE && icmp.code === 4)
        await report(
          `From ${formatIp(from.address)} icmp_seq=${sequence} Frag needed and DF set (mtu = ${icmp.mtu ?? 0})`,
        );
      else
        await report(
          `From ${formatIp(from.address)} icmp_seq=${sequence} ${UNREACHABLE_WORDS[icmp?.code ?? 1] ?? 'Packet filtered'}`,
        );
    }
  };
  const waitUntil = async (untilNs: number, enough: () => boolean): Promise<void> => {
    for (;;) {
      await drain();
      const left = untilNs - io.sys.nowNs;
      if (left <= 0 || enough()) return;
      if ((await whenReady(io.sys, socket, left)) === 'timeout') return drain();
    }
  };
  while (sent < count && (deadlineNs === undefined || io.sys.nowNs < deadlineNs)) {
    sent++;
    sentNs.set(sent, io.sys.nowNs);
    const result = socket.send(echoRequest(sent, size));
    if (!result.ok && result.error !== 'EAGAIN') {
      errors++;
      const words =
        result.error === 'EMSGSIZE'
          ? 'local error: message too long, mtu=1500'
          : `sendmsg: ${strerror(result.error)}`;
      if (io.busybox) return io.fail(`sendto: ${strerror(result.error)}`);
      await io.err(`ping: ${words}\n`);
    }
    if (sent < count)
      await waitUntil(
        Math.min(io.sys.nowNs + intervalNs, deadlineNs ?? Number.POSITIVE_INFINITY),
        () => false,
      );
  }
  const lastNs = io.sys.nowNs;
  await waitUntil(lastNs + waitNs, () => times.length + errors >= sent);
  socket.close();
  await summary(io, { name, sent, errors, times, elapsedNs: lastNs - startNs });
  return times.length > 0 ? 0 : 1;
};

function echoRequest(sequence: number, size: number): Uint8Array {
  const octets = new Uint8Array(8 + size);
  octets[0] = 8;
  octets[6] = sequence >> 8;
  octets[7] = sequence & 255;
  for (let at = 8; at < octets.length; at++) octets[at] = at & 255;
  return octets;
}

async function summary(
  io: ToolIo,
  how: {
    readonly name: string;
    readonly sent: number;
    readonly errors: number;
    readonly times: readonly number[];
    readonly elapsedNs: number;
  },
): Promise<void> {
  const { name, sent, errors, times } = how;
  const loss = sent === 0 ? 0 : Math.round(((sent - times.length) / sent) * 100);
  const min = Math.min(...times);
  const max = Math.max(...times);
  const average = times.reduce((sum, each) => sum + each, 0) / times.length;
  await io.out(`\n--- ${name} ping statistics ---\n`);
  if (io.busybox) {
    await io.out(
      `${sent} packets transmitted, ${times.length} packets received, ${loss}% packet loss\n`,
    );
    if (times.length > 0)
      await io.out(`round-trip min/avg/max = ${ms(min)}/${ms(average)}/${ms(max)} ms\n`);
    return;
  }
  const failed = errors > 0 ? `, +${errors} errors` : '';
  await io.out(
    `${sent} packets transmitted, ${times.length} received${failed}, ${loss}% packet loss, time ${Math.floor(how.elapsedNs / 1e6)}ms\n`,
  );
  if (times.length === 0) {
    await io.out('\n');
    return;
  }
  const deviation = Math.sqrt(
    times.reduce((sum, each) => sum + (each - average) ** 2, 0) / times.length,
  );
  await io.out(`rtt min/avg/max/mdev = ${ms(min)}/${ms(average)}/${ms(max)}/${ms(deviation)} ms\n`);
}

const MARKS: ReadonlyMap<number, string> = new Map([
  [0, ' !N'],
  [1, ' !H'],
  [2, ' !P'],
  [9, ' !X'],
  [10, ' !X'],
  [13, ' !X'],
]);

/**
 * traceroute with UDP probes.
 *
 * Fidelity: probes go out one after another, where the real one keeps 16 under way; -I and -T send UDP as well.
 */
export const traceroute: Tool = async (io) => {
  const options = parseOptions(io.args, {
    flags: 'nIT46dF',
    withValue: ['m', 'q', 'w', 'p', 'f', 's', 'i'],
  });
  const [name = ''] = options.rest;
  const address = await target(io, name);
  if (address === undefined)
    return io.fail(
      io.busybox ? `bad address '${name}'` : `${name}: Name or service not known`,
      io.busybox ? 1 : 2,
    );
  const hops = Number(options.values.get('m') ?? 30);
  const tries = Number(options.values.get('q') ?? 3);
  const waitNs = Number(options.values.get('w') ?? 5) * SECOND_NS;
  await io.out(
    `traceroute to ${name} (${formatIp(address)}), ${hops} hops max, ${io.busybox ? 46 : 60} byte packets\n`,
  );
  let port = TRACEROUTE_PORT;
  for (let ttl = Number(options.values.get('f') ?? 1); ttl <= hops; ttl++) {
    let line = `${String(ttl).padStart(2)} `;
    let last: string | undefined;
    let arrived = false;
    for (let attempt = 0; attempt < tries; attempt++) {
      const probe = await probeHop(io, { address, port: port++, ttl, waitNs });
      if (probe.kind === 'failed') return io.fail(`connect: ${probe.words}`);
      if (probe.kind === 'silent') {
        line += io.busybox ? ` *${attempt < tries - 1 ? ' ' : ''}` : ' *';
        continue;
      }
      const from = formatIp(probe.from);
      if (from !== last) line += options.flags.has('n') ? ` ${from} ` : ` ${from} (${from}) `;
      last = from;
      line += ` ${ms(probe.elapsedNs)} ms${probe.mark}`;
      arrived ||= probe.final;
    }
    await io.out(
      `${line
        .replace(/\s+$/, '')
        .replace(/ {2}\*/, ' *')
        .replace(/^(\s*\d+) \*/, '$1  *')}\n`,
    );
    if (arrived) break;
  }
  return 0;
};

type Probe =
  | { readonly kind: 'failed'; readonly words: string }
  | { readonly kind: 'silent' }
  | {
      readonly kind: 'answer';
      readonly from: Ip;
      readonly elapsedNs: number;
      readonly final: boolean;
      readonly mark: string;
    };

async function probeHop(
  io: ToolIo,
  how: {
    readonly address: Ip;
    readonly port: number;
    readonly ttl: number;
    readonly waitNs: number;
  },
): Promise<Probe> {
  const made = io.guest.socket('dgram', how.address);
  if (!made.ok) return { kind: 'failed', words: strerror(made.error) };
  const socket = made.value;
  socket.setOption('IP_TTL', how.ttl);
  socket.setOption('IP_RECVERR', 1);
  const refused = socket.connect(how.address, how.port);
  if (refused !== undefined) {
    socket.close();
    return { kind: 'failed', words: strerror(refused) };
  }
  const startNs = io.sys.nowNs;
  socket.send(new Uint8Array(32));
  // The error queue may be filled at once, before anybody waits.
  for (;;) {
    const got = socket.receiveError();
    if (got.ok && got.value.icmp !== undefined) {
      socket.close();
      const { icmp, from } = got.value;
      const final = icmp.type === UNREACHABLE;
      const mark = final && icmp.code !== 3 ? (MARKS.get(icmp.code) ?? ` !${icmp.code}`) : '';
      return { kind: 'answer', from: from.address, elapsedNs: io.sys.nowNs - startNs, final, mark };
    }
    const left = startNs + how.waitNs - io.sys.nowNs;
    if (left <= 0 || (await whenReady(io.sys, socket, left)) === 'timeout') break;
    await sleep(io.sys, 0);
  }
  socket.close();
  return { kind: 'silent' };
}
