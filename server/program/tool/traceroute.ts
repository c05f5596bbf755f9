/**
 * traceroute 2.1.2: up to 16 probes under way at once, told in order.
 *
 * Fidelity: -T probes by connections of the kernel, so a SYN that is lost is sent again; -e, -A, -g, --mtu and --back are
 * not there; a silent probe is never taken for a final one because of those after it.
 */
import { formatIp, type Ip, isIpv4 } from '../../../topology/index.js';
import { sleep } from '../io/wait.js';
import { resolveName, resolveWords } from '../net/names.js';
import { lookupAddress } from '../net/reverse.js';
import { hasCapability } from './capability.js';
import { type ParsedOptions, parseOptions, type Tool, type ToolIo } from './tool.js';
import { busyboxTraceroute } from './traceroute-busybox.js';
import { type Answer, type ProbeMethod, Prober } from './traceroute-probe.js';
import { usageText } from './usage.js';

const SECOND_NS = 1_000_000_000;

const USAGE = usageText(
  'traceroute [-4|-6] [-I|-T|-U] [-n] [-r] [-F] [-d] [-f TTL] [-m TTL] [-q QUERIES] [-N PROBES] [-w TIMES]',
  '    [-p PORT] [-t TOS] [-i DEVICE] [-s ADDRESS] [-z TIME] HOST [LENGTH]',
);

const HERE_FACTOR = 3;
const NEAR_FACTOR = 10;

interface Probe {
  sentNs: number | undefined;
  done: boolean;
  answer: Answer | undefined;
}

/** traceroute. */
export const traceroute: Tool = async (io) => {
  if (io.busybox) return busyboxTraceroute(io);
  const options = parseOptions(io.args, {
    flags: 'nIT46dFUrV',
    withValue: [
      'm',
      'q',
      'w',
      'p',
      'f',
      's',
      'i',
      'N',
      't',
      'z',
      'max-hops',
      'queries',
      'wait',
      'port',
      'first',
    ],
    long: ['icmp', 'tcp', 'version', 'dont-fragment'],
  });
  if (options.flags.has('V') || options.flags.has('version')) {
    await io.out(
      'Modern traceroute for Linux, version 2.1.2\nCopyright (c) 2016  Dmitry Butskoy,   License: GPL v2 or any later\n',
    );
    return 0;
  }
  const [name, lengthText] = options.rest;
  if (options.unknown !== undefined || name === undefined) {
    await io.err(
      options.unknown === undefined ? USAGE : `Bad option \`${options.unknown}' (argc 1)\n`,
    );
    return options.unknown === undefined ? 0 : 2;
  }
  const refusal = refusedRange(options);
  if (refusal !== undefined) {
    await io.err(`${refusal}\n`);
    return 2;
  }
  const family = options.flags.has('6') ? 'ipv6' : options.flags.has('4') ? 'ipv4' : undefined;
  const resolved = await resolveName(io.guest, name, family === undefined ? {} : { family });
  const address = resolved.ok ? resolved.value.addresses[0] : undefined;
  if (address === undefined) {
    const words = resolved.ok ? 'Name or service not known' : resolveWords(resolved.error);
    const at = io.args.lastIndexOf(name) + 1;
    await io.err(
      `${name}: ${words}\nCannot handle "host" cmdline arg \`${name}' on position 1 (argc ${at})\n`,
    );
    return 2;
  }
  const method: ProbeMethod =
    options.flags.has('I') || options.flags.has('icmp')
      ? 'icmp'
      : options.flags.has('T') || options.flags.has('tcp')
        ? 'tcp'
        : 'udp';
  if (method !== 'udp' && !hasCapability(io, 'NET_RAW')) {
    await io.err(
      'You do not have enough privileges to use this traceroute method.\nsocket: Operation not permitted\n',
    );
    return 1;
  }
  const headers = isIpv4(address) ? 20 : 40;
  const packetBytes = Math.max(
    headers + 8,
    lengthText === undefined ? headers + 40 : Number(lengthText),
  );
  const prober = new Prober(io, {
    method,
    address,
    packetBytes,
    isWhole: options.flags.has('F') || options.flags.has('dont-fragment'),
    port: optionNumber(options, ['p', 'port']),
    device: options.values.get('i'),
    source: options.values.get('s'),
  });
  const run = new Run(io, { options, prober, address });
  const header = `traceroute to ${name} (${formatIp(address)}), ${run.maxHops} hops max, ${packetBytes} byte packets`;
  // ICMP's one socket is connected before anything is told.
  const refused = method === 'udp' ? undefined : prober.prepare();
  if (refused !== undefined) {
    await io.err(`\n${refused}\n`);
    return 1;
  }
  await io.out(header);
  const status = await run.toEnd();
  prober.close();
  return status;
};

function optionNumber(options: ParsedOptions, names: readonly string[]): number | undefined {
  const text = names.map((name) => options.values.get(name)).find((value) => value !== undefined);
  return text === undefined ? undefined : Number(text);
}

function refusedRange(options: ParsedOptions): string | undefined {
  const hops = optionNumber(options, ['m', 'max-hops']) ?? 30;
  const first = optionNumber(options, ['f', 'first']) ?? 1;
  const tries = optionNumber(options, ['q', 'queries']) ?? 3;
  if (hops > 255) return 'max hops cannot be more than 255';
  if (first < 1 || first > hops) return 'first hop out of range';
  if (tries < 1 || tries > 10) return 'no more than 10 probes per hop';
  return undefined;
}

class Run {
  readonly maxHops: number;
  private readonly io: ToolIo;
  private readonly prober: Prober;
  private readonly perHop: number;
  private readonly together: number;
  private readonly waitNs: number;
  private readonly hereFactor: number;
  private readonly nearFactor: number;
  private readonly isNumeric: boolean;
  private readonly probes: Probe[];
  private readonly names = new Map<Ip, string>();
  private start: number;
  private end: number;

  constructor(
    io: ToolIo,
    how: { readonly options: ParsedOptions; readonly prober: Prober; readonly address: Ip },
  ) {
    this.io = io;
    this.prober = how.prober;
    const { options } = how;
    this.maxHops = optionNumber(options, ['m', 'max-hops']) ?? 30;
    this.perHop = optionNumber(options, ['q', 'queries']) ?? 3;
    this.together = optionNumber(options, ['N']) ?? 16;
    const [wait = 5, here = HERE_FACTOR, near = NEAR_FACTOR] = (
      options.values.get('w') ??
      options.values.get('wait') ??
      '5'
    )
      .split(',')
      .map(Number);
    this.waitNs = wait * SECOND_NS;
    this.hereFactor = here;
    this.nearFactor = near;
    this.isNumeric = options.flags.has('n');
    this.start = ((optionNumber(options, ['f', 'first']) ?? 1) - 1) * this.perHop;
    this.end = this.maxHops * this.perHop;
    this.probes = Array.from({ length: this.end }, () => ({
      sentNs: undefined,
      done: false,
      answer: undefined,
    }));
  }

  async toEnd(): Promise<number> {
    const { io, probes } = this;
    while (this.start < this.end) {
      let underWay = 0;
      let soonestNs = Number.POSITIVE_INFINITY;
      for (let index = this.start; index < this.end; index++) {
        const probe = probes[index];
        if (probe === undefined) break;
        this.collect();
        if (probe.sentNs !== undefined && !probe.done) {
          if (io.sys.nowNs - probe.sentNs >= this.timeoutNs(index)) probe.done = true;
        }
        if (probe.done) {
          if (index === this.start) {
            await this.tell(index);
            this.start++;
          }
          if (probe.answer?.isFinal === true)
            this.end = (Math.floor(index / this.perHop) + 1) * this.perHop;
          continue;
        }
        if (probe.sentNs === undefined) {
          probe.sentNs = io.sys.nowNs;
          const refused = this.prober.send(index, Math.floor(index / this.perHop) + 1);
          if (refused !== undefined) {
            await io.err(`\n${refused}\n`);
            return 1;
          }
          this.collect();
          // What answers at once is told before more is sent.
          if (probe.done) {
            index--;
            continue;
          }
        }
        soonestNs = Math.min(soonestNs, probe.sentNs + this.timeoutNs(index));
        if (++underWay >= this.together) break;
      }
      if (underWay > 0 && this.start < this.end) await this.wait(soonestNs);
    }
    await io.out('\n');
    return 0;
  }

  private collect(): void {
    for (const { answer, index } of this.prober.collect()) {
      const probe = this.probes[index];
      if (probe === undefined || probe.done) continue;
      probe.done = true;
      probe.answer = answer;
    }
  }

  /** Three times what another probe of the hop took, ten times what one after it took, or -w's time. */
  private timeoutNs(index: number): number {
    const first = index - (index % this.perHop);
    for (const probe of this.probes.slice(first, first + this.perHop)) {
      const tookNs = tripOf(probe);
      if (tookNs > 0) return Math.min(this.waitNs, tookNs * this.hereFactor);
    }
    for (const probe of this.probes.slice(index + 1)) {
      if (probe.sentNs === undefined) break;
      const tookNs = tripOf(probe);
      if (tookNs > 0) return Math.min(this.waitNs, tookNs * this.nearFactor);
    }
    return this.waitNs;
  }

  private async wait(untilNs: number): Promise<void> {
    const { io } = this;
    const left = Math.max(0, untilNs - io.sys.nowNs);
    await Promise.race([this.prober.ready(), sleep(io.sys, left)]);
    // Answers that come at one instant are taken together.
    await sleep(io.sys, 0);
  }

  private async tell(index: number): Promise<void> {
    const { io, probes } = this;
    const nth = index % this.perHop;
    const probe = probes[index];
    const answer = probe?.answer;
    let text = nth === 0 ? `\n${String(Math.floor(index / this.perHop) + 1).padStart(2)} ` : '';
    if (answer?.from === undefined) text += ' *';
    else {
      const before = probes
        .slice(index - nth, index)
        .findLast((each) => each.answer?.from !== undefined);
      if (before?.answer?.from !== answer.from) text += ` ${await this.shown(answer.from)}`;
    }
    if (probe !== undefined && answer !== undefined) {
      text += `  ${(tripOf(probe) / 1e6).toFixed(3)} ms`;
      if (answer.mark !== '') text += ` ${answer.mark}`;
    }
    await io.out(text);
  }

  private async shown(address: Ip): Promise<string> {
    const text = formatIp(address);
    if (this.isNumeric) return text;
    let name = this.names.get(address);
    if (name === undefined) {
      name = (await lookupAddress(this.io.guest, address)) ?? text;
      this.names.set(address, name);
    }
    return `${name} (${text})`;
  }
}

function tripOf(probe: Probe): number {
  if (probe.answer === undefined || probe.sentNs === undefined) return 0;
  return probe.answer.atNs - probe.sentNs;
}
