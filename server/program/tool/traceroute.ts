/** traceroute. */
import { formatIp, type Ip, strerror } from '../../../topology/index.js';
import { sleep, whenReady } from '../io/wait.js';
import { resolveHost } from '../net/resolver.js';
import { parseOptions, type Tool, type ToolIo } from './tool.js';

const SECOND_NS = 1_000_000_000;
const UNREACHABLE = 3;
const TRACEROUTE_PORT = 33_434;

function ms(ns: number): string {
  return (ns / 1e6).toFixed(3);
}

async function target(io: ToolIo, name: string): Promise<Ip | undefined> {
  const resolved = await resolveHost(io.guest, name, { family: 'ipv4' });
  return resolved.ok ? resolved.value[0] : undefined;
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
