import { formatIp } from '../../topology/addr/index.js';
import type { Errno, Host, Process, Socket } from '../../topology/kernel/index.js';
import type { RecordedProbe, RecordedResult } from './recorded.js';
import { type LabServers, spawn } from './servers.js';
import { address, domainOf, endpoint } from './words.js';

const MS = 1_000_000;
const WORK_QUEUE_NS = 1_000;
const DEFAULT_TIMEOUT_MS = 700;
const ECHO_ID = 4660;
const ICMP_BYTES = 56;
const UDP_BYTES = 16;
const PMTUDISC = { dont: 0, want: 1, do: 2 } as const;
const ECHO = {
  inet: { request: 8, reply: 0 },
  inet6: { request: 128, reply: 129 },
} as const;

type Stage = 'bind' | 'connect' | 'send' | 'recv';
type Outcome = 'ok' | 'error' | 'timeout' | 'icmp-error' | 'stall';

/** Sends the probes of a lab, one after the other. */
export class Prober {
  private readonly host: Host;
  private readonly servers: LabServers;

  constructor(host: Host, servers: LabServers) {
    this.host = host;
    this.servers = servers;
  }

  /** Sends one probe and waits for its end; frames are seen until then. */
  run(probe: RecordedProbe, index: number, path: string): RecordedResult {
    const { clock } = this.host;
    const { servers } = this;
    servers.forget();
    const process = spawn(this.host, { netns: probe.src, comm: 'probe', path: `${path}.src` });
    const startNs = clock.nowNs;
    const attempt = new Attempt(process, { probe, index, received: () => servers.receivedBytes });
    attempt.start();
    const deadlineNs = startNs + (probe.timeout_ms ?? DEFAULT_TIMEOUT_MS) * MS;
    while (!this.over(attempt)) {
      const next = clock.nextAtNs();
      if (next === undefined || next >= deadlineNs) break;
      clock.step();
      attempt.look();
    }
    const over = this.over(attempt);
    const elapsed_ms = ((over ? clock.nowNs : deadlineNs) - startNs) / MS;
    // Work queues still have something to deliver when the prober has its answer.
    clock.advanceTo(over ? clock.nowNs + WORK_QUEUE_NS : deadlineNs - 1);
    return { ...attempt.result(), elapsed_ms, server: [...servers.arrivals] };
  }

  /** Ends what is left of a probe, and lets the reset arrive. */
  finish(): void {
    for (const process of [...this.host.processes.all]) {
      if (process.comm === 'probe') process.sys.exit(0);
    }
    // The prober's end is gone, and its reset arrived, before the server closes its own.
    this.host.clock.advance(0);
    this.servers.hangUp();
  }

  /** A connection counts once the server has it. */
  private over(attempt: Attempt): boolean {
    return attempt.settled && (!attempt.connected || this.servers.arrivals.length > 0);
  }
}

/** One probe under way. */
class Attempt {
  settled = false;
  connected = false;
  private readonly probe: RecordedProbe;
  private readonly domain: 'inet' | 'inet6';
  private readonly socket: Socket;
  private readonly sport: number;
  private readonly sequence: number;
  private readonly received: () => number;
  private outcome: Outcome = 'timeout';
  private errno: Errno | undefined;
  private stage: Stage = 'bind';
  private local: string | undefined;
  private answer: Partial<RecordedResult> = {};

  constructor(
    process: Process,
    task: {
      readonly probe: RecordedProbe;
      readonly index: number;
      /** Octets that servers have read of the probe's data. */
      readonly received: () => number;
    },
  ) {
    const { probe, index } = task;
    this.probe = probe;
    this.domain = domainOf(probe.dst);
    this.sport = probe.sport ?? 40001 + index;
    this.sequence = index + 1;
    this.received = task.received;
    const type = { tcp: 'stream', udp: 'dgram', icmp: 'raw' } as const;
    const made = process.sys.socket(this.domain, type[probe.proto]);
    if (!made.ok) throw new Error(made.error);
    this.socket = made.value;
  }

  start(): void {
    const { probe, socket } = this;
    socket.setOption('SO_LINGER', 0);
    if (probe.ttl !== undefined) socket.setOption('IP_TTL', probe.ttl);
    if (probe.broadcast === true) socket.setOption('SO_BROADCAST', 1);
    if (probe.pmtudisc !== undefined) {
      socket.setOption('IP_MTU_DISCOVER', PMTUDISC[probe.pmtudisc]);
    }
    if (probe.proto === 'icmp') this.ping();
    else this.open();
  }

  /** Asks the socket what has come. */
  look(): void {
    if (this.settled) return;
    switch (this.probe.proto) {
      case 'tcp':
        this.lookTcp();
        return;
      case 'udp':
        this.lookUdp();
        return;
      case 'icmp':
        this.lookIcmp();
    }
  }

  /** What there is to say at the end. */
  result(): RecordedResult {
    const { data, proto } = this.probe;
    const { connected, errno, local } = this;
    const stalled = connected && data !== undefined && this.received() < data;
    const outcome = stalled && errno === undefined ? 'stall' : this.outcome;
    const waited = outcome === 'timeout' && proto !== 'icmp';
    return {
      outcome,
      ...(errno === undefined ? {} : { errno }),
      ...(errno !== undefined || waited ? { stage: this.stage } : {}),
      ...(local === undefined ? {} : { local }),
      ...(connected && data !== undefined ? { data_received: this.received() } : {}),
      ...this.answer,
    };
  }

  private open(): void {
    const { probe, socket } = this;
    const any = this.domain === 'inet' ? '0.0.0.0' : '::';
    if (!this.goes(socket.bind(address(probe.saddr ?? any), this.sport))) return;
    const to = { address: address(probe.dst), port: probe.dport ?? 0 };
    if (probe.unconnected !== true) {
      this.stage = 'connect';
      const errno = socket.connect(to.address, to.port);
      if (!this.goes(errno === 'EINPROGRESS' ? undefined : errno)) return;
    }
    if (probe.proto === 'tcp') return;
    this.stage = 'send';
    const octets = new Uint8Array(probe.size ?? UDP_BYTES);
    const sent = socket.send(octets, probe.unconnected === true ? to : undefined);
    if (sent.ok) this.stage = 'recv';
    else this.fail(sent.error);
  }

  private ping(): void {
    const { probe, socket } = this;
    socket.setOption('IP_RECVERR', 1);
    if (probe.saddr !== undefined && !this.goes(socket.bind(address(probe.saddr), 0))) return;
    this.stage = 'send';
    const octets = new Uint8Array(8 + (probe.size ?? ICMP_BYTES));
    const { request } = ECHO[this.domain];
    octets.set([request, 0, 0, 0, ECHO_ID >> 8, ECHO_ID & 0xff, 0, this.sequence]);
    const sent = socket.send(octets, { address: address(probe.dst), port: 0 });
    if (sent.ok) this.stage = 'recv';
    else this.fail(sent.error);
  }

  private lookTcp(): void {
    const { socket, probe } = this;
    if (socket.state === 'SYN-SENT') return;
    const errno = socket.takeError();
    if (errno !== undefined) {
      this.fail(errno);
      return;
    }
    if (!this.connected) {
      this.connected = true;
      this.stage = 'send';
      this.local = socket.local === undefined ? undefined : endpoint(socket.local);
      if (probe.data !== undefined) socket.send(new Uint8Array(probe.data));
    }
    if (probe.data === undefined || this.received() >= probe.data) this.settle('ok');
  }

  private lookUdp(): void {
    const got = this.socket.receive();
    if (got.ok) {
      const { from, octets } = got.value;
      this.settle('ok', { reply_from: endpoint(from), reply_bytes: octets.length });
    } else if (got.error !== 'EAGAIN') this.fail(got.error);
  }

  private lookIcmp(): void {
    const error = this.socket.receiveError();
    if (error.ok) {
      this.settle('icmp-error', { from: formatIp(error.value.from.address) });
      return;
    }
    for (let got = this.socket.receive(); got.ok; got = this.socket.receive()) {
      const { icmp, from, ttl } = got.value;
      if (icmp?.type !== ECHO[this.domain].reply || icmp.sequence !== this.sequence) continue;
      // A raw ICMPv6 socket is given no header to read the hop limit from.
      const reply_ttl = this.domain === 'inet' ? (ttl ?? null) : null;
      this.settle('ok', { reply_from: formatIp(from.address), reply_ttl });
    }
  }

  /** Goes on unless there is an errno. */
  private goes(errno: Errno | undefined): boolean {
    if (errno !== undefined) this.fail(errno);
    return errno === undefined;
  }

  private settle(outcome: Outcome, answer: Partial<RecordedResult> = {}): void {
    this.settled = true;
    this.outcome = outcome;
    this.answer = answer;
  }

  private fail(errno: Errno): void {
    this.errno = errno;
    this.settle('error');
  }
}
