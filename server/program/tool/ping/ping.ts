/**
 * ping of iputils 20221126.
 *
 * Fidelity: -R, -T, -N, -F, -l, -m, -B, -L and -U are taken and change nothing; -f sends as fast as replies come; data of
 * replies is not compared with what was sent.
 */
import {
  fail,
  formatIp,
  type Ip,
  isIpv4,
  ok,
  type Received,
  type Result,
  type Socket,
  strerror,
} from '../../../../topology/index.js';
import { SIGNALS } from '../../guest.js';
import { whenReady } from '../../io/wait.js';
import { resolveName, resolveWords } from '../../net/names.js';
import { lookupAddress } from '../../net/reverse.js';
import { hasCapability } from '../capability.js';
import type { Tool, ToolIo } from '../tool.js';
import { busyboxPing } from './busybox.js';
import { echoRequest, openEcho, TIMESTAMP_BYTES } from './echo.js';
import { icmp6Words, icmpWords, redirectWords } from './icmp-words.js';
import { PING_VERSION, type PingOptions, parsePing } from './options.js';
import { milliseconds, TripStatistics, tripTime } from './statistics.js';

const PROBE_PORT = 1025;
const MINIMUM_INTERVAL_NS = 10_000_000;

/** ping. */
export const ping: Tool = (io) => (io.busybox ? busyboxPing(io) : iputilsPing(io));

/** ping6, another name of it. */
export const ping6: Tool = (io) => (io.busybox ? busyboxPing(io, 'ipv6') : iputilsPing(io));

async function iputilsPing(io: ToolIo): Promise<number> {
  if (io.args.includes('-V')) {
    await io.out(PING_VERSION);
    return 0;
  }
  const parsed = parsePing(io.args);
  if (!parsed.ok) {
    await io.err(parsed.error.text);
    return parsed.error.status;
  }
  const options = parsed.value;
  const family = options.family ?? (io.name === 'ping6' ? 'ipv6' : undefined);
  const resolved = await resolveName(
    io.guest,
    options.target,
    family === undefined ? {} : { family },
  );
  if (!resolved.ok) return io.fail(`${options.target}: ${resolveWords(resolved.error)}`, 2);
  const [address] = resolved.value.addresses;
  if (address === undefined) return io.fail(`${options.target}: Name or service not known`, 2);
  if (family !== undefined && isIpv4(address) !== (family === 'ipv4')) {
    return io.fail(`${options.target}: Address family for hostname not supported`, 2);
  }
  const made = openEcho(io, address, hasCapability(io, 'NET_RAW'));
  if (!made.ok) {
    await io.err(
      'ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\nping: => missing cap_net_raw+p capability or setuid?\n',
    );
    return 2;
  }
  const socket = made.value;
  const source = await prepare(io, socket, { address, options });
  if (!source.ok) {
    socket.close();
    return source.error;
  }
  const numeric = options.flags.has('n') || resolved.value.literal;
  const session = new PingSession(io, socket, {
    address,
    options,
    numeric,
    hostname: resolved.value.literal ? options.target : resolved.value.canonical,
    source: source.value,
  });
  const status = await session.run();
  socket.close();
  return status;
}

/** Options of the socket and its source address; the exit status when something is refused. */
async function prepare(
  io: ToolIo,
  socket: Socket,
  how: { readonly address: Ip; readonly options: PingOptions },
): Promise<Result<Ip, number>> {
  const { address, options } = how;
  socket.setOption('IP_RECVERR', 1);
  if (options.ttl !== undefined) socket.setOption('IP_TTL', options.ttl);
  if (options.tos !== 0) socket.setOption('IP_TOS', options.tos);
  if (options.pmtudisc !== undefined) socket.setOption('IP_MTU_DISCOVER', options.pmtudisc);
  if (options.flags.has('b')) socket.setOption('SO_BROADCAST', 1);
  // probe_fd: a UDP socket that is connected only to learn the source address.
  const made = io.guest.socket('dgram', address);
  if (!made.ok) return fail(await io.fail(`socket: ${strerror(made.error)}`, 2));
  const probe = made.value;
  if (options.flags.has('b')) probe.setOption('SO_BROADCAST', 1);
  const from = options.from === undefined ? undefined : await resolveName(io.guest, options.from);
  const fromAddress = from?.ok === true && from.value.literal ? from.value.addresses[0] : undefined;
  if (fromAddress !== undefined) {
    const refused = probe.bind(fromAddress, 0) ?? socket.bind(fromAddress, 0);
    if (refused !== undefined)
      return closing(probe, await io.fail(`bind: ${strerror(refused)}`, 2));
  } else if (options.from !== undefined) {
    const device = options.from;
    if (probe.bindToDevice(device) !== undefined) {
      return closing(probe, await io.fail(`SO_BINDTODEVICE ${device}: No such device`, 2));
    }
    socket.bindToDevice(device);
  }
  const refused = probe.connect(address, PROBE_PORT);
  const source = probe.local?.address ?? address;
  probe.close();
  if (refused === 'EACCES') {
    return fail(
      await io.fail(
        options.flags.has('b')
          ? 'cannot bind source address: Permission denied'
          : 'Do you want to ping broadcast? Then -b. If not, check your local firewall rules',
        2,
      ),
    );
  }
  if (refused !== undefined) return fail(await io.fail(`connect: ${strerror(refused)}`, 2));
  const device = io.guest.request.viewer?.devices().find((each) => each.ifname === options.from);
  if (device !== undefined && !device.addresses.some((each) => each.address === source)) {
    await io.err(
      `ping: Warning: source address might be selected on device other than: ${device.ifname}\n`,
    );
  }
  return ok(source);
}

function closing(socket: Socket, status: number): Result<Ip, number> {
  socket.close();
  return fail(status);
}

class PingSession {
  private readonly io: ToolIo;
  private readonly socket: Socket;
  private readonly address: Ip;
  private readonly options: PingOptions;
  private readonly hostname: string;
  private readonly source: Ip;
  private readonly isNumeric: boolean;
  private readonly id: number;
  private readonly names = new Map<Ip, string>();
  private readonly sentNs = new Map<number, number>();
  private readonly answered = new Set<number>();
  private readonly trips = new TripStatistics();
  private sent = 0;
  private received = 0;
  private duplicates = 0;
  private errors = 0;
  private lastSentNs = 0;
  private isInterrupted = false;
  private wake: (() => void) | undefined = undefined;

  constructor(
    io: ToolIo,
    socket: Socket,
    how: {
      readonly address: Ip;
      readonly options: PingOptions;
      readonly hostname: string;
      readonly source: Ip;
      readonly numeric: boolean;
    },
  ) {
    this.io = io;
    this.socket = socket;
    this.address = how.address;
    this.options = how.options;
    this.hostname = how.hostname;
    this.source = how.source;
    this.isNumeric = how.numeric;
    this.id = Math.floor(io.guest.request.random() * 65536);
    io.sys.onSignal(SIGNALS.INT, () => {
      this.isInterrupted = true;
      this.wake?.();
    });
  }

  async run(): Promise<number> {
    const { io, options } = this;
    await this.greet();
    const startNs = io.sys.nowNs;
    this.lastSentNs = startNs;
    const endNs = options.deadlineNs === undefined ? undefined : startNs + options.deadlineNs;
    const isOver = (): boolean =>
      this.isInterrupted ||
      (endNs !== undefined && io.sys.nowNs >= endNs) ||
      this.received + this.errors >= options.count ||
      (endNs !== undefined && this.errors > 0);
    while (!isOver() && this.sent < options.count) {
      await this.reportOutstanding();
      await this.sendOne();
      if (this.sent >= options.count) break;
      const nextNs = io.sys.nowNs + this.intervalNs();
      await this.waitUntil(Math.min(nextNs, endNs ?? nextNs), isOver, options.flags.has('A'));
    }
    // __schedule_exit: twice the longest round trip, at least an interval; -W's time when nothing has come.
    const lingerNs =
      this.received > 0 ? Math.max(2 * this.trips.maxNs, options.intervalNs) : options.lingerNs;
    const lastNs = endNs ?? io.sys.nowNs + lingerNs;
    await this.waitUntil(Math.max(lastNs, io.sys.nowNs), isOver, false);
    if (endNs !== undefined) while (!isOver()) await this.waitUntil(endNs, isOver, false);
    await this.sumUp(this.lastSentNs - startNs);
    if (options.deadlineNs !== undefined)
      return this.received < Math.min(options.count, 1) ? 1 : this.statusWithDeadline();
    return this.received > 0 ? 0 : 1;
  }

  private statusWithDeadline(): number {
    const { count } = this.options;
    return Number.isFinite(count) && this.received < count ? 1 : 0;
  }

  private intervalNs(): number {
    const { flags, intervalNs } = this.options;
    return flags.has('f') || flags.has('A')
      ? Math.max(MINIMUM_INTERVAL_NS, intervalNs)
      : intervalNs;
  }

  private async greet(): Promise<void> {
    const { address, io, options, source } = this;
    if (options.pattern !== undefined) {
      const digits = Array.from(options.pattern, (octet) => octet.toString(16).padStart(2, '0'));
      await io.out(`PATTERN: 0x${digits.join('')}\n`);
    }
    if (isIpv4(address) && options.flags.has('b'))
      await io.err('WARNING: pinging broadcast address\n');
    const device = options.from !== undefined && !/[.:]/.test(options.from) ? options.from : '';
    const from = options.from === undefined ? '' : ` from ${formatIp(source)} ${device}:`;
    if (isIpv4(address)) {
      const size = `${options.size}(${options.size + 28}) bytes of data.`;
      await io.out(`PING ${this.hostname} (${formatIp(address)})${from} ${size}\n`);
    } else {
      const shown = await this.shown(address);
      await io.out(`PING ${this.hostname}(${shown})${from} ${options.size} data bytes\n`);
    }
  }

  private async reportOutstanding(): Promise<void> {
    const { options, sent } = this;
    if (!options.flags.has('O') || sent === 0 || this.answered.has(sent)) return;
    await this.say(`no answer yet for icmp_seq=${sent}`);
  }

  private async sendOne(): Promise<void> {
    const { address, io, options, socket } = this;
    const sequence = (this.sent + 1) & 0xffff;
    const request = echoRequest(address, {
      id: this.id,
      sequence,
      size: options.size,
      pattern: options.pattern,
    });
    for (let tries = 0; ; tries++) {
      this.sentNs.set(sequence, io.sys.nowNs);
      this.answered.delete(sequence);
      this.lastSentNs = io.sys.nowNs;
      const result = socket.send(request, { address, port: 0 });
      // An error of an earlier packet is told first, and this one sent again.
      if (result.ok || tries > 2 || !(await this.drainErrors())) break;
    }
    this.sent++;
    await this.drain();
  }

  private async waitUntil(
    untilNs: number,
    enough: () => boolean,
    untilAnswered: boolean,
  ): Promise<void> {
    const { io, socket } = this;
    for (;;) {
      await this.drain();
      const left = untilNs - io.sys.nowNs;
      if (left <= 0 || enough()) return;
      if (untilAnswered && this.answered.has(this.sent & 0xffff)) return;
      const interrupted = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      await Promise.race([
        whenReady(io.sys, socket, Math.min(left, Number.MAX_SAFE_INTEGER)),
        interrupted,
      ]);
      this.wake = undefined;
    }
  }

  private async drain(): Promise<void> {
    await this.drainErrors();
    for (let got = this.socket.receive(); ; got = this.socket.receive()) {
      if (got.ok) await this.onMessage(got.value);
      else if (got.error === 'EAGAIN' || !(await this.drainErrors())) return;
    }
  }

  /** Tells what the error queue holds; true when some of it came from the network. */
  private async drainErrors(): Promise<boolean> {
    let fromNetwork = false;
    for (let got = this.socket.receiveError(); got.ok; got = this.socket.receiveError()) {
      const { errno, from, icmp } = got.value;
      if (icmp === undefined || icmp.type === 0) {
        this.errors++;
        const separator = isIpv4(this.address) ? '=' : ': ';
        await this.complain(
          errno === 'EMSGSIZE'
            ? `local error: message too long, mtu${separator}${icmp?.mtu ?? 0}`
            : `local error: ${strerror(errno)}`,
        );
        continue;
      }
      if (this.socket.type === 'raw' && icmp.id !== this.id) continue;
      fromNetwork = true;
      this.errors++;
      this.answered.add(icmp.sequence);
      const words = isIpv4(this.address) ? icmpWords(icmp) : icmp6Words(icmp);
      await this.say(`From ${await this.shown(from.address)} icmp_seq=${icmp.sequence} ${words}`);
    }
    return fromNetwork;
  }

  private async onMessage(got: Received): Promise<void> {
    const { icmp, octets } = got;
    if (icmp === undefined) return;
    const reply = isIpv4(this.address) ? 0 : 129;
    if (icmp.type === reply) {
      if (this.socket.type !== 'raw' || icmp.id === this.id) await this.onReply(got, icmp.sequence);
      return;
    }
    // A raw socket sees redirects themselves; they are in no error queue.
    if (!isIpv4(this.address) || icmp.type !== 5 || octets.length < 36) return;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    const quotedAt = 8 + ((octets[8] ?? 0) & 15) * 4;
    if (view.getUint16(quotedAt + 4) !== this.id) return;
    const gateway = await this.shown(view.getUint32(4) as Ip);
    const sequence = view.getUint16(quotedAt + 6);
    const from = await this.shown(got.from.address);
    await this.say(`From ${from}: icmp_seq=${sequence} ${redirectWords(icmp.code, gateway)}`);
  }

  private async onReply(got: Received, sequence: number): Promise<void> {
    const { io, options } = this;
    const since = this.sentNs.get(sequence);
    if (since === undefined) return;
    const tripNs = io.sys.nowNs - since;
    const isDuplicate = this.answered.has(sequence);
    if (isDuplicate) this.duplicates++;
    else this.received++;
    this.answered.add(sequence);
    const isTimed = options.size >= TIMESTAMP_BYTES;
    if (isTimed) this.trips.add(tripNs);
    const ident = options.flags.has('v') ? ` ident=${this.id}` : '';
    const time = isTimed ? ` time=${tripTime(tripNs)} ms` : '';
    const from = await this.shown(got.from.address);
    const mark = isDuplicate ? ' (DUP!)' : '';
    await this.say(
      `${got.octets.length} bytes from ${from}: icmp_seq=${sequence}${ident} ttl=${got.ttl ?? 0}${time}${mark}`,
    );
  }

  /** An address with its name, unless names are not wanted or there is none. */
  private async shown(address: Ip): Promise<string> {
    const text = formatIp(address);
    if (this.isNumeric) return text;
    let name = this.names.get(address);
    if (name === undefined) {
      name = (await lookupAddress(this.io.guest, address)) ?? '';
      this.names.set(address, name);
    }
    return name === '' ? text : `${name} (${text})`;
  }

  private async say(line: string): Promise<void> {
    const { flags } = this.options;
    if (flags.has('q') || flags.has('f')) return;
    await this.io.out(`${flags.has('D') ? this.stamp() : ''}${line}\n`);
  }

  private async complain(words: string): Promise<void> {
    if (!this.options.flags.has('q')) await this.io.err(`ping: ${words}\n`);
  }

  private stamp(): string {
    const { guest, sys } = this.io;
    const epochMs = guest.wallMs - Math.floor(sys.nowNs / 1e6);
    const micros = epochMs * 1000 + Math.floor(sys.nowNs / 1000);
    return `[${Math.floor(micros / 1e6)}.${String(micros % 1e6).padStart(6, '0')}] `;
  }

  private async sumUp(elapsedNs: number): Promise<void> {
    const { errors, io, options, received, sent, trips } = this;
    const loss = sent === 0 ? 0 : ((sent - received) / sent) * 100;
    const lossText = String(Number.parseFloat(loss.toPrecision(6)));
    const duplicates = this.duplicates > 0 ? `, +${this.duplicates} duplicates` : '';
    const failed = errors > 0 ? `, +${errors} errors` : '';
    const lost = sent === 0 ? '' : `, ${lossText}% packet loss`;
    const elapsed = sent === 0 ? '' : `, time ${Math.floor(elapsedNs / 1e6)}ms`;
    await io.out(
      `\n--- ${this.hostname} ping statistics ---\n${sent} packets transmitted, ${received} received${duplicates}${failed}${lost}${elapsed}\n`,
    );
    if (trips.count === 0) {
      await io.out('\n');
      return;
    }
    const times = [trips.minNs, trips.averageNs, trips.maxNs, trips.deviationNs].map(milliseconds);
    const isQuick = options.flags.has('f') || options.flags.has('A');
    const ipg =
      isQuick && sent > 1
        ? `, ipg/ewma ${milliseconds(elapsedNs / (sent - 1))}/${milliseconds(trips.ewmaNs)} ms`
        : '';
    await io.out(`rtt min/avg/max/mdev = ${times.join('/')} ms${ipg}\n`);
  }
}
