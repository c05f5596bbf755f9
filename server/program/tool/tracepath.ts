/**
 * tracepath of iputils 20221126: the path MTU and the hops, one probe after another.
 *
 * Fidelity: asymmetry is guessed from the TTL of answers, which the kernel's error queue here does not tell, so no line
 * says `asymm` and the way back is as long as the way there.
 */
import { formatIp, type Ip, isIpv4, type Socket, strerror } from '../../../topology/index.js';
import { sleep, whenReady } from '../io/wait.js';
import { resolveName, resolveWords } from '../net/names.js';
import { lookupAddress } from '../net/reverse.js';
import { milliseconds } from './ping/statistics.js';
import { parseOptions, type Tool, type ToolIo } from './tool.js';
import { usageText } from './usage.js';

const SECOND_NS = 1_000_000_000;
const FIRST_PORT = 44_444;
const MAX_BYTES = 65_535;
const HEADER_BYTES = 8;
const PMTU_PROBE = 3;

const USAGE = usageText('tracepath [-4|-6] [-b] [-n] [-l SIZE] [-m HOPS] [-p PORT] HOST');

/** tracepath. */
export const tracepath: Tool = async (io) => {
  const options = parseOptions(io.args, { flags: '46bnV', withValue: ['l', 'm', 'p'] });
  if (options.flags.has('V')) {
    await io.out('tracepath from iputils 20221126\n');
    return 0;
  }
  const [name] = options.rest;
  if (name === undefined || options.unknown !== undefined) {
    await io.err(USAGE);
    return 255;
  }
  const family = options.flags.has('6') ? 'ipv6' : options.flags.has('4') ? 'ipv4' : undefined;
  const resolved = await resolveName(io.guest, name, family === undefined ? {} : { family });
  const address = resolved.ok ? resolved.value.addresses[0] : undefined;
  if (address === undefined) {
    const words = resolved.ok ? 'Name or service not known' : resolveWords(resolved.error);
    return io.fail(`${name}: ${words}`);
  }
  const made = io.guest.socket('dgram', address);
  if (!made.ok) return io.fail(`socket: ${strerror(made.error)}`);
  const run = new PathRun(io, made.value, {
    address,
    maxHops: Number(options.values.get('m') ?? 30),
    port: Number(options.values.get('p') ?? FIRST_PORT),
    mtu: Number(options.values.get('l') ?? MAX_BYTES),
    isNumeric: options.flags.has('n'),
    isBoth: options.flags.has('b'),
  });
  const status = await run.toEnd();
  made.value.close();
  return status;
};

/** What a probe led to: an end, an answer, or nothing yet. */
type Progress = 'over' | 'answered' | 'nothing';

class PathRun {
  private readonly io: ToolIo;
  private readonly socket: Socket;
  private readonly how: {
    readonly address: Ip;
    readonly maxHops: number;
    readonly port: number;
    readonly isNumeric: boolean;
    readonly isBoth: boolean;
  };
  private mtu: number;
  private port: number;
  private hops = -1;
  /** When probes of this hop left that nobody answered yet. */
  private readonly pendingNs: number[] = [];

  constructor(io: ToolIo, socket: Socket, how: PathRun['how'] & { readonly mtu: number }) {
    this.io = io;
    this.socket = socket;
    this.how = how;
    this.mtu = how.mtu;
    this.port = how.port;
  }

  async toEnd(): Promise<number> {
    const { how, io, socket } = this;
    socket.setOption('IP_MTU_DISCOVER', PMTU_PROBE);
    socket.setOption('IP_RECVERR', 1);
    for (let ttl = 1; ttl <= how.maxHops; ttl++) {
      socket.setOption('IP_TTL', ttl);
      this.pendingNs.length = 0;
      const progress = await this.hop(ttl);
      if (progress === 'over') return this.resume();
      if (progress === 'nothing') await io.out(`${String(ttl).padStart(2)}:  no reply\n`);
    }
    await io.out(`     Too many hops: pmtu ${this.mtu}\n`);
    return this.resume();
  }

  /** Up to three probes; a hop at which the MTU became smaller is begun anew, even when it was the last. */
  private async hop(ttl: number): Promise<Progress> {
    let progress: Progress = 'nothing';
    for (let attempt = 0; attempt < 3 && progress === 'nothing'; attempt++) {
      const before = this.mtu;
      progress = await this.probe(ttl);
      if (this.mtu === before) continue;
      attempt = -1;
      progress = 'nothing';
    }
    return progress;
  }

  private async resume(): Promise<number> {
    const hops = this.hops >= 0 ? `hops ${this.hops} back ${this.hops} ` : '';
    await this.io.out(`     Resume: pmtu ${this.mtu} ${hops}\n`);
    return 0;
  }

  private async probe(ttl: number): Promise<Progress> {
    const { how, io, socket } = this;
    const overhead = (isIpv4(how.address) ? 20 : 40) + HEADER_BYTES;
    for (let tries = 0; tries < 10; tries++) {
      const data = new Uint8Array(Math.max(0, this.mtu - overhead));
      const sent = socket.send(data, { address: how.address, port: this.port });
      if (sent.ok) {
        this.pendingNs.push(io.sys.nowNs);
        this.port++;
        return this.waitFor(ttl);
      }
      const heard = await this.hearAll(ttl);
      if (heard === 'over') return heard;
      if (heard === 'answered') tries = -1;
    }
    await io.out(`${String(ttl).padStart(2)}:  send failed\n`);
    return 'over';
  }

  private async waitFor(ttl: number): Promise<Progress> {
    const { io, socket } = this;
    const untilNs = io.sys.nowNs + SECOND_NS;
    for (;;) {
      const heard = await this.hearAll(ttl);
      if (heard !== 'nothing') return heard;
      if (socket.receive().ok) {
        await io.out(`${String(ttl).padStart(2)}?: reply received 8)\n`);
        return 'over';
      }
      const left = untilNs - io.sys.nowNs;
      if (left <= 0 || (await whenReady(io.sys, socket, left)) === 'timeout') return 'nothing';
      await sleep(io.sys, 0);
    }
  }

  private async hearAll(ttl: number): Promise<Progress> {
    let progress: Progress = 'nothing';
    for (;;) {
      const heard = await this.hear(ttl);
      if (heard === undefined) return progress;
      if (heard === 'over') return heard;
      progress = heard;
    }
  }

  /** Tells one entry of the error queue; undefined when there is none. */
  private async hear(ttl: number): Promise<Progress | undefined> {
    const { how, io, socket } = this;
    const got = socket.receiveError();
    if (!got.ok) return undefined;
    const { errno, from, icmp } = got.value;
    const isLocal = icmp === undefined || icmp.type === 0;
    const number = String(ttl).padStart(2);
    const tookNs =
      io.sys.nowNs - (isLocal ? io.sys.nowNs : (this.pendingNs.shift() ?? io.sys.nowNs));
    if (isLocal && errno === 'EMSGSIZE') {
      await io.out(`${number}?: ${'[LOCALHOST]'.padEnd(32)} pmtu ${icmp?.mtu ?? 0}\n`);
      this.mtu = icmp?.mtu ?? this.mtu;
      return 'answered';
    }
    const shown = await this.shown(from.address);
    const line = `${number}:  ${shown.padEnd(52)}${milliseconds(tookNs).padStart(7)}ms `;
    switch (errno) {
      case 'EMSGSIZE':
        await io.out(`${line}pmtu ${icmp?.mtu ?? 0}\n`);
        this.mtu = icmp?.mtu ?? this.mtu;
        return 'answered';
      case 'ECONNREFUSED':
        this.hops = ttl;
        await io.out(`${line}reached\n`);
        return 'over';
      case 'EHOSTUNREACH':
        if (icmp !== undefined && icmp.type === (isIpv4(how.address) ? 11 : 3)) {
          await io.out(`${line}\n`);
          return 'answered';
        }
        await io.out(`${line}!H\n`);
        return 'over';
      case 'ENETUNREACH':
        await io.out(`${line}!N\n`);
        return 'over';
      case 'EACCES':
        await io.out(`${line}!A\n`);
        return 'over';
      case 'EPROTO':
        await io.out(`${line}!P\n`);
        return 'over';
      default:
        await io.out(`${line}\nNET ERROR\n`);
        return 'over';
    }
  }

  private async shown(address: Ip): Promise<string> {
    const text = formatIp(address);
    if (this.how.isNumeric) return text;
    const name = (await lookupAddress(this.io.guest, address)) ?? '???';
    return this.how.isBoth ? `${name} (${text})` : name;
  }
}
