import {
  formatIp,
  type Ip,
  isIpv4,
  type Received,
  type Socket,
  strerror,
} from '../../../../topology/index.js';
import { SIGNALS } from '../../guest.js';
import { whenReady } from '../../io/wait.js';
import { lookupAddress } from '../../net/reverse.js';
import type { ToolIo } from '../tool.js';
import { echoRequest, TIMESTAMP_BYTES } from './echo.js';
import { icmp6Words, icmpWords, redirectWords } from './icmp-words.js';
import type { PingOptions } from './options.js';
import { milliseconds, TripStatistics, tripTime } from './statistics.js';

const MINIMUM_INTERVAL_NS = 10_000_000;

/** Sends echo requests, tells of what comes back, and sums up: one run of iputils' ping. */
export class PingSession {
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

  /** Pings until there is an end of it; answers the exit status. */
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
