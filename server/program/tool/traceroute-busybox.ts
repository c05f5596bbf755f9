/** traceroute of busybox 1.35: one probe after another. */
import { formatIp, type Ip, isIpv4, strerror } from '../../../topology/index.js';
import { sleep, whenReady } from '../io/wait.js';
import { resolveName } from '../net/names.js';
import { lookupAddress } from '../net/reverse.js';
import { milliseconds } from './ping/statistics.js';
import { parseOptions, type ToolIo } from './tool.js';

const SECOND_NS = 1_000_000_000;
const FIRST_PORT = 33_434;

/** What follows the time of an answer that tells of a failure. */
const MARKS: Readonly<Record<number, string>> = {
  0: ' !N',
  1: ' !H',
  2: ' !P',
  3: '',
  5: ' !S',
  9: ' !A',
  10: ' !C',
  13: ' !A',
};

/** traceroute, as an applet. */
export async function busyboxTraceroute(io: ToolIo): Promise<number> {
  const options = parseOptions(io.args, {
    flags: 'nIl46Fdrv',
    withValue: ['m', 'q', 'w', 'p', 'f', 's', 'i', 't', 'z'],
  });
  const [name = '', lengthText] = options.rest;
  const family = options.flags.has('6') ? 'ipv6' : options.flags.has('4') ? 'ipv4' : undefined;
  const resolved = await resolveName(io.guest, name, family === undefined ? {} : { family });
  const address = resolved.ok ? resolved.value.addresses[0] : undefined;
  if (address === undefined) return io.fail(`bad address '${name}'`);
  const hops = Number(options.values.get('m') ?? 30);
  const tries = Number(options.values.get('q') ?? 3);
  const waitNs = Number(options.values.get('w') ?? 3) * SECOND_NS;
  const packetBytes = Math.max(isIpv4(address) ? 46 : 72, Number(lengthText ?? 0));
  const probe = io.guest.socket('dgram', address);
  const refused = probe.ok ? probe.value.connect(address, FIRST_PORT) : probe.error;
  if (probe.ok) probe.value.close();
  if (refused !== undefined) {
    return io.fail(`can't connect to remote host (${formatIp(address)}): ${strerror(refused)}`);
  }
  await io.out(
    `traceroute to ${name} (${formatIp(address)}), ${hops} hops max, ${packetBytes} byte packets\n`,
  );
  let port = FIRST_PORT;
  for (let ttl = Number(options.values.get('f') ?? 1); ttl <= hops; ttl++) {
    await io.out(String(ttl).padStart(2));
    let last: Ip | undefined;
    let isThere = false;
    let unreachable = 0;
    for (let attempt = 0; attempt < tries; attempt++) {
      const answer = await probeOnce(io, { address, port: ++port, ttl, waitNs, packetBytes });
      if (answer === undefined) {
        await io.out('  *');
        continue;
      }
      if (typeof answer === 'string') return io.fail(`sendto: ${answer}`);
      if (answer.from !== last) {
        const text = formatIp(answer.from);
        const found = options.flags.has('n')
          ? undefined
          : await lookupAddress(io.guest, answer.from);
        await io.out(options.flags.has('n') ? `  ${text}` : `  ${found ?? text} (${text})`);
        last = answer.from;
      }
      await io.out(`  ${milliseconds(answer.tookNs)} ms${answer.mark}`);
      isThere ||= answer.isThere;
      if (answer.mark !== '') unreachable++;
    }
    await io.out('\n');
    if (isThere || (unreachable > 0 && unreachable >= tries - 1)) break;
  }
  return 0;
}

interface Answer {
  readonly from: Ip;
  readonly tookNs: number;
  readonly isThere: boolean;
  readonly mark: string;
}

async function probeOnce(
  io: ToolIo,
  how: {
    readonly address: Ip;
    readonly port: number;
    readonly ttl: number;
    readonly waitNs: number;
    readonly packetBytes: number;
  },
): Promise<Answer | string | undefined> {
  const isV4 = isIpv4(how.address);
  const made = io.guest.socket('dgram', how.address);
  if (!made.ok) return strerror(made.error);
  const socket = made.value;
  socket.setOption('IP_TTL', how.ttl);
  socket.setOption('IP_RECVERR', 1);
  const startNs = io.sys.nowNs;
  const size = Math.max(0, how.packetBytes - (isV4 ? 28 : 48));
  const refused = socket.connect(how.address, how.port);
  const sent = refused === undefined ? socket.send(new Uint8Array(size)) : undefined;
  if (sent?.ok === false && sent.error !== 'EHOSTUNREACH') {
    socket.close();
    return strerror(sent.error);
  }
  for (;;) {
    const got = socket.receiveError();
    if (got.ok && got.value.icmp !== undefined) {
      socket.close();
      const { from, icmp } = got.value;
      const isExceeded = icmp.type === (isV4 ? 11 : 3);
      const isPort = icmp.type === (isV4 ? 3 : 1) && icmp.code === (isV4 ? 3 : 4);
      const mark = isExceeded || isPort ? '' : markOf(icmp, isV4);
      return { from: from.address, tookNs: io.sys.nowNs - startNs, isThere: isPort, mark };
    }
    const left = startNs + how.waitNs - io.sys.nowNs;
    if (left <= 0 || (await whenReady(io.sys, socket, left)) === 'timeout') break;
    await sleep(io.sys, 0);
  }
  socket.close();
  return undefined;
}

function markOf(icmp: { readonly code: number; readonly mtu?: number }, isV4: boolean): string {
  if (isV4 && icmp.code === 4) return ` !F-${icmp.mtu ?? 0}`;
  if (!isV4) return [' !N', ' !S', ' !H', ' !A', ''][icmp.code] ?? ` !<${icmp.code}>`;
  return MARKS[icmp.code] ?? ` !<${icmp.code}>`;
}
