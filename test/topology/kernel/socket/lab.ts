import { type Ip, parseIp } from '../../../../topology/addr/index.js';
import { Rng, SECOND, SimClock } from '../../../../topology/base/index.js';
import type { Errno, Process, Socket } from '../../../../topology/kernel/index.js';
import { Host, type KernelOp, Softirq, type TraceStep } from '../../../../topology/kernel/index.js';
import type { L4Body, TcpSegment } from '../../../../topology/wire/index.js';

/** Reads an address or throws. */
export function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** One packet as seen on the client's eth0. */
export interface Seen {
  readonly atNs: number;
  readonly direction: 'in' | 'out';
  readonly body: L4Body;
}

/** Two namespaces on one cable, 10.0.0.1 and 10.0.0.2, with a process in each. */
export class Lab {
  readonly clock = new SimClock();
  readonly host: Host;
  readonly client: Process;
  readonly server: Process;
  readonly seen: Seen[] = [];
  readonly steps: TraceStep[] = [];

  constructor(seed = 7, mtuBytes = 1500) {
    const softirq = new Softirq(this.clock);
    this.host = new Host({ name: 'n1', clock: this.clock, rng: new Rng(seed), softirq });
    this.client = this.spawn('client');
    this.server = this.spawn('nginx');
    this.apply([
      { op: 'netns.attach', name: 'a', pid: this.client.pid },
      { op: 'netns.attach', name: 'b', pid: this.server.pid },
      {
        op: 'link.add',
        netns: 'a',
        name: 'eth0',
        spec: { type: 'veth', peer: { name: 'eth0', netns: 'b' } },
      },
      ...(['a', 'b'] as const).flatMap((netns, index): KernelOp[] => [
        { op: 'link.set', netns, name: 'lo', up: true },
        { op: 'link.set', netns, name: 'eth0', up: true, mtuBytes },
        {
          op: 'addr.add',
          netns,
          dev: 'eth0',
          addr: { address: ip(`10.0.0.${index + 1}`), prefixLength: 24 },
        },
      ]),
    ]);
    this.netns('a')
      .device('eth0')
      ?.tap((skb, direction) => {
        if (skb.packet.kind !== 'ipv4') return;
        this.seen.push({ atNs: this.clock.nowNs, direction, body: skb.packet.body });
      });
  }

  netns(name: string) {
    const netns = this.host.netns(name);
    if (netns === undefined) throw new Error(`no netns ${name}`);
    return netns;
  }

  spawn(comm: string, uid = 0): Process {
    const made = this.host.processes.clone({ comm, argv: [comm], uid, unshare: ['net'] });
    if (!made.ok) throw new Error(made.error);
    return made.value;
  }

  /** One more process in the namespace of another. */
  join(of: Process, comm: string, uid = 0): Process {
    const made = this.host.processes.clone({
      comm,
      argv: [comm],
      uid,
      join: { of, kinds: ['net'] },
    });
    if (!made.ok) throw new Error(made.error);
    return made.value;
  }

  apply(ops: readonly KernelOp[]): void {
    const applied = this.host.apply(ops);
    if (!applied.ok)
      throw new Error(`${applied.error.message} ${JSON.stringify(applied.error.op)}`);
  }

  run(seconds: number): void {
    this.clock.advance(seconds * SECOND);
  }

  /** Throws away frames that fit, on the way into the client. */
  segments(direction: 'in' | 'out'): TcpSegment[] {
    return this.seen
      .filter((seen) => seen.direction === direction)
      .map(({ body }) => body)
      .filter((body): body is TcpSegment => body.kind === 'tcp');
  }

  trace() {
    let packets = 0;
    return {
      nextPacketId: () => packets++,
      record: (step: TraceStep) => this.steps.push(step),
    };
  }
}

/** Opens a socket or throws. */
export function open(process: Process, type: Socket['type'], domain: 'inet' | 'inet6' = 'inet') {
  const made = process.sys.socket(domain, type);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}

/** A TCP listener on an address and port. */
export function listen(process: Process, at = '0.0.0.0:80', backlog = 5): Socket {
  const socket = open(process, 'stream');
  const [address = '', port = ''] = at.split(':');
  expectNone(socket.bind(ip(address), Number(port)));
  expectNone(socket.listen(backlog));
  return socket;
}

/** A connection from the client to the listener: both ends. */
export function establish(
  lab: Lab,
  listener: Socket,
  to = '10.0.0.2',
): { near: Socket; far: Socket } {
  const near = open(lab.client, 'stream');
  const errno = near.connect(ip(to), listener.local?.port ?? 0);
  if (errno !== 'EINPROGRESS') throw new Error(`connect: ${errno}`);
  lab.run(0.001);
  const accepted = listener.accept();
  if (!accepted.ok) throw new Error(`accept: ${accepted.error}`);
  return { near, far: accepted.value };
}

/** Text as octets. */
export function octets(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** What a receive gave, as text, or its errno. */
export function received(socket: Socket, max?: number): string {
  const result = socket.receive(max);
  return result.ok ? String.fromCharCode(...result.value.octets) : result.error;
}

function expectNone(errno: Errno | undefined): void {
  if (errno !== undefined) throw new Error(errno);
}
