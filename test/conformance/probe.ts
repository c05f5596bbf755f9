import { formatIp, type Ip, parseIp } from '../../topology/addr/index.js';
import type { Errno, Host, Process, Socket } from '../../topology/kernel/index.js';
import type { RecordedProbe, RecordedTopology } from './recorded.js';

const MS = 1_000_000;
const DEFAULT_TIMEOUT_MS = 700;
const ECHO_ID = 4660;
const UDP_BYTES = 16;
const ECHO = { v4: { request: 8, reply: 0 }, v6: { request: 128, reply: 129 } } as const;
const PMTUDISC = { dont: 0, want: 1, do: 2 } as const;

/** How a probe ended, in the words of the recordings. */
export interface ProbeOutcome {
  readonly outcome: string;
  readonly errno?: string;
  readonly server: readonly {
    readonly ns: string;
    readonly local: string;
    readonly peer: string;
  }[];
}

/** The processes of a lab: its listeners, and whoever probes. */
export class Prober {
  private readonly host: Host;
  private readonly arrivals: { ns: string; local: string; peer: string }[] = [];
  private readonly accepted: Socket[] = [];
  private receivedBytes = 0;

  constructor(host: Host, topology: RecordedTopology) {
    this.host = host;
    for (const listener of topology.listeners) this.listen(listener);
  }

  /** Sends one probe and waits for its end; frames are seen until then. */
  run(probe: RecordedProbe, index: number): ProbeOutcome {
    this.arrivals.length = 0;
    this.receivedBytes = 0;
    const attempt = new Attempt(this.spawn(probe.src), probe, index, () => this.receivedBytes);
    attempt.start();
    const { clock } = this.host;
    const deadlineNs = clock.nowNs + (probe.timeout_ms ?? DEFAULT_TIMEOUT_MS) * MS;
    while (!this.over(attempt)) {
      const next = clock.nextAtNs();
      if (next === undefined || next >= deadlineNs) break;
      clock.step();
      attempt.look();
    }
    if (this.over(attempt)) clock.advanceTo(clock.nowNs);
    else clock.advanceTo(deadlineNs - 1);
    const { outcome, errno } = attempt.result(this.receivedBytes);
    return { outcome, ...(errno === undefined ? {} : { errno }), server: [...this.arrivals] };
  }

  /** Ends what is left of a probe, and lets the reset arrive. */
  finish(): void {
    for (const socket of this.accepted.splice(0)) socket.close();
    for (const process of [...this.host.processes.all]) {
      if (process.comm === 'probe') process.sys.exit(0);
    }
  }

  /** A connection counts once the server has it. */
  private over(attempt: Attempt): boolean {
    return attempt.settled && (!attempt.connected || this.arrivals.length > 0);
  }

  private spawn(netns: string, comm = 'probe'): Process {
    const found = this.host.netns(netns);
    if (found === undefined) throw new Error(`no namespace ${netns}`);
    const made = this.host.processes.cloneInNetns({ comm, argv: [comm] }, found);
    if (!made.ok) throw new Error(made.error);
    return made.value;
  }

  private listen(listener: RecordedTopology['listeners'][number]): void {
    const { ns, proto, addr, port, v6only } = listener;
    const process = this.spawn(ns, 'server');
    const made = process.sys.socket(domainOf(addr), proto === 'tcp' ? 'stream' : 'dgram');
    if (!made.ok) throw new Error(made.error);
    const socket = made.value;
    socket.setOption('SO_REUSEADDR', 1);
    if (v6only !== undefined) socket.setOption('IPV6_V6ONLY', v6only ? 1 : 0);
    refuse(socket.bind(address(addr), port));
    if (proto === 'tcp') {
      refuse(socket.listen(128));
      socket.onReady = () => this.accept(socket, ns);
    } else socket.onReady = () => this.echo(socket, ns, port);
  }

  private accept(listener: Socket, ns: string): void {
    for (let made = listener.accept(); made.ok; made = listener.accept()) {
      const socket = made.value;
      socket.setOption('SO_LINGER', 0);
      const { local, remote } = socket;
      if (local !== undefined && remote !== undefined) {
        this.arrivals.push({
          ns,
          local: `${formatIp(local.address)}:${local.port}`,
          peer: `${formatIp(remote.address)}:${remote.port}`,
        });
      }
      this.accepted.push(socket);
      socket.onReady = () => {
        for (let got = socket.receive(); got.ok; got = socket.receive()) {
          if (got.value.octets.length === 0) return;
          this.receivedBytes += got.value.octets.length;
        }
      };
      socket.onReady();
    }
  }

  private echo(socket: Socket, ns: string, port: number): void {
    for (let got = socket.receive(); got.ok; got = socket.receive()) {
      const { from, octets } = got.value;
      const peer = `${formatIp(from.address)}:${from.port}`;
      this.arrivals.push({ ns, local: `*:${port}`, peer });
      socket.send(octets, from);
    }
  }
}

/** One probe under way. */
class Attempt {
  settled = false;
  connected = false;
  private readonly probe: RecordedProbe;
  private readonly socket: Socket;
  private readonly sport: number;
  private readonly sequence: number;
  private readonly arrivedBytes: () => number;
  private outcome = 'timeout';
  private errno: Errno | undefined;

  constructor(process: Process, probe: RecordedProbe, index: number, arrivedBytes: () => number) {
    this.probe = probe;
    this.sport = probe.sport ?? 40001 + index;
    this.sequence = index + 1;
    this.arrivedBytes = arrivedBytes;
    const type = { tcp: 'stream', udp: 'dgram', icmp: 'raw' } as const;
    const made = process.sys.socket(domainOf(probe.dst), type[probe.proto]);
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
    if (probe.proto === 'icmp') {
      this.ping();
      return;
    }
    refuse(
      socket.bind(
        address(probe.saddr ?? (domainOf(probe.dst) === 'inet' ? '0.0.0.0' : '::')),
        this.sport,
      ),
    );
    const to = { address: address(probe.dst), port: probe.dport ?? 0 };
    if (probe.unconnected !== true) {
      const errno = socket.connect(to.address, to.port);
      if (errno !== undefined && errno !== 'EINPROGRESS') {
        this.fail(errno);
        return;
      }
    }
    if (probe.proto === 'tcp') return;
    const octets = new Uint8Array(probe.size ?? UDP_BYTES);
    const sent = socket.send(octets, probe.unconnected === true ? to : undefined);
    if (!sent.ok) this.fail(sent.error);
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
  result(receivedBytes: number): { readonly outcome: string; readonly errno?: Errno } {
    const { data } = this.probe;
    const stalled = this.connected && data !== undefined && receivedBytes < data;
    return {
      outcome: stalled ? 'stall' : this.outcome,
      ...(this.errno === undefined ? {} : { errno: this.errno }),
    };
  }

  private ping(): void {
    const { probe, socket } = this;
    socket.setOption('IP_RECVERR', 1);
    if (probe.saddr !== undefined) refuse(socket.bind(address(probe.saddr), 0));
    const octets = new Uint8Array(8 + (probe.size ?? 56));
    octets.set([
      domainOf(probe.dst) === 'inet' ? ECHO.v4.request : ECHO.v6.request,
      0,
      0,
      0,
      ECHO_ID >> 8,
      ECHO_ID & 0xff,
      0,
      this.sequence,
    ]);
    const sent = socket.send(octets, { address: address(probe.dst), port: 0 });
    if (!sent.ok) this.fail(sent.error);
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
      if (probe.data !== undefined) socket.send(new Uint8Array(probe.data));
    }
    if (probe.data === undefined || this.arrivedBytes() >= probe.data) this.settle('ok');
  }

  private lookUdp(): void {
    const got = this.socket.receive();
    if (got.ok) this.settle('ok');
    else if (got.error !== 'EAGAIN') this.fail(got.error);
  }

  private lookIcmp(): void {
    const reply = domainOf(this.probe.dst) === 'inet' ? ECHO.v4.reply : ECHO.v6.reply;
    const error = this.socket.receiveError();
    if (error.ok) {
      this.settle('icmp-error');
      return;
    }
    for (let got = this.socket.receive(); got.ok; got = this.socket.receive()) {
      const { icmp } = got.value;
      if (icmp?.type === reply && icmp.sequence === this.sequence) this.settle('ok');
    }
  }

  private settle(outcome: string): void {
    this.settled = true;
    this.outcome = outcome;
  }

  private fail(errno: Errno): void {
    this.errno = errno;
    this.settle('error');
  }
}

function domainOf(text: string): 'inet' | 'inet6' {
  return text.includes(':') ? 'inet6' : 'inet';
}

function refuse(errno: Errno | undefined): void {
  if (errno !== undefined) throw new Error(errno);
}

function address(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
