/** The probes of traceroute: datagrams to rising ports, echo requests, or connections, each with its TTL. */
import { type Ip, isIpv4, parseIp, type Socket, strerror } from '../../../topology/index.js';
import { echoRequest } from './ping/echo.js';
import type { ToolIo } from './tool.js';

/** How probes are made. */
export type ProbeMethod = 'udp' | 'icmp' | 'tcp';

/** What answered a probe. */
export interface Answer {
  /** Undefined when the kernel itself refused. */
  readonly from: Ip | undefined;
  readonly atNs: number;
  readonly isFinal: boolean;
  /** `!H` and the like, or ''. */
  readonly mark: string;
}

/** What all probes share. */
export interface ProbeOptions {
  readonly method: ProbeMethod;
  readonly address: Ip;
  readonly packetBytes: number;
  /** -F. */
  readonly isWhole: boolean;
  readonly port: number | undefined;
  readonly device: string | undefined;
  readonly source: string | undefined;
}

const FIRST_PORT = 33_434;
const HTTP_PORT = 80;

/** Sends probes by number and hands over what came back. */
export class Prober {
  private readonly io: ToolIo;
  private readonly options: ProbeOptions;
  private readonly sockets = new Map<Socket, number>();
  private readonly id: number;
  private echo: Socket | undefined = undefined;
  private readonly sequences = new Map<number, number>();
  private wake: (() => void) | undefined = undefined;
  private hasNews = false;

  constructor(io: ToolIo, options: ProbeOptions) {
    this.io = io;
    this.options = options;
    this.id = Math.floor(io.guest.request.random() * 65536);
  }

  /** Opens what all probes share; `connect: …` when there is no way to the target. */
  prepare(): string | undefined {
    const made = this.open(this.options.method === 'icmp' ? 'raw' : 'dgram');
    if (typeof made === 'string') return made;
    const refused = made.connect(
      this.options.address,
      this.options.method === 'icmp' ? 0 : HTTP_PORT,
    );
    if (refused !== undefined || this.options.method !== 'icmp') made.close();
    else this.echo = made;
    return refused === undefined ? undefined : `connect: ${strerror(refused)}`;
  }

  /** Sends one probe; `send: …` when the kernel refuses for good. */
  send(index: number, ttl: number): string | undefined {
    switch (this.options.method) {
      case 'udp':
        return this.sendDatagram(index, ttl);
      case 'icmp':
        return this.sendEcho(index, ttl);
      case 'tcp':
        return this.sendSyn(index, ttl);
    }
  }

  /** Answers since the last time. */
  collect(): readonly { readonly index: number; readonly answer: Answer }[] {
    const found: { index: number; answer: Answer }[] = [];
    if (this.echo !== undefined) this.collectEchoes(this.echo, found);
    for (const [socket, index] of this.sockets) {
      const answer = this.answerOf(socket);
      if (answer === undefined) continue;
      found.push({ index, answer });
      socket.close();
      this.sockets.delete(socket);
    }
    return found;
  }

  /** Settles when there may be answers. */
  ready(): Promise<void> {
    if (this.hasNews) {
      this.hasNews = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  close(): void {
    for (const socket of this.sockets.keys()) socket.close();
    this.sockets.clear();
    this.echo?.close();
  }

  private open(type: 'dgram' | 'raw' | 'stream'): Socket | string {
    const { address, device, isWhole, source } = this.options;
    const made = this.io.guest.socket(type, address);
    if (!made.ok) return `socket: ${strerror(made.error)}`;
    const socket = made.value;
    socket.setOption('IP_RECVERR', 1);
    socket.setOption('IP_MTU_DISCOVER', isWhole ? 2 : 0);
    if (device !== undefined && socket.bindToDevice(device) !== undefined) {
      return `setsockopt SO_BINDTODEVICE: No such device`;
    }
    const from = source === undefined ? undefined : parseIp(source);
    const refused = from?.ok === true ? socket.bind(from.value, 0) : undefined;
    if (refused !== undefined) return `bind: ${strerror(refused)}`;
    socket.onReady = this.notice;
    return socket;
  }

  private readonly notice = (): void => {
    this.hasNews = true;
    const { wake } = this;
    this.wake = undefined;
    if (wake === undefined) return;
    this.hasNews = false;
    wake();
  };

  private sendDatagram(index: number, ttl: number): string | undefined {
    const { address, packetBytes, port } = this.options;
    const made = this.open('dgram');
    if (typeof made === 'string') return made;
    made.setOption('IP_TTL', ttl);
    const refused = made.connect(address, (port ?? FIRST_PORT) + index);
    if (refused !== undefined) {
      made.close();
      return `connect: ${strerror(refused)}`;
    }
    const headers = (isIpv4(address) ? 20 : 40) + 8;
    const data = Uint8Array.from(
      { length: Math.max(0, packetBytes - headers) },
      (_, at) => 0x40 + (at & 0x3f),
    );
    this.sockets.set(made, index);
    const sent = made.send(data);
    if (sent.ok || sent.error === 'EMSGSIZE' || sent.error === 'EHOSTUNREACH') return undefined;
    return `send: ${strerror(sent.error)}`;
  }

  private sendEcho(index: number, ttl: number): string | undefined {
    const { address, packetBytes, port } = this.options;
    const { echo } = this;
    if (echo === undefined) return 'socket: Bad file descriptor';
    const sequence = (port ?? 1) + index;
    const size = Math.max(0, packetBytes - (isIpv4(address) ? 28 : 48));
    echo.setOption('IP_TTL', ttl);
    this.sequences.set(sequence, index);
    const sent = echo.send(
      echoRequest(address, { id: this.id, sequence, size, pattern: undefined }),
    );
    if (sent.ok || sent.error === 'EMSGSIZE' || sent.error === 'EHOSTUNREACH') return undefined;
    return `send: ${strerror(sent.error)}`;
  }

  private sendSyn(index: number, ttl: number): string | undefined {
    const { address, port } = this.options;
    const made = this.open('stream');
    if (typeof made === 'string') return made;
    made.setOption('IP_TTL', ttl);
    this.sockets.set(made, index);
    const refused = made.connect(address, port ?? HTTP_PORT);
    if (refused === undefined || refused === 'EINPROGRESS' || refused === 'ECONNREFUSED')
      return undefined;
    return `connect: ${strerror(refused)}`;
  }

  private collectEchoes(echo: Socket, found: { index: number; answer: Answer }[]): void {
    const note = (sequence: number, answer: Answer): void => {
      const index = this.sequences.get(sequence);
      if (index !== undefined) found.push({ index, answer });
    };
    const atNs = this.io.sys.nowNs;
    for (let got = echo.receiveError(); got.ok; got = echo.receiveError()) {
      const { from, icmp } = got.value;
      if (icmp === undefined || icmp.id !== this.id) continue;
      note(icmp.sequence, { from: from.address, atNs, ...this.meaning(icmp) });
    }
    const reply = isIpv4(this.options.address) ? 0 : 129;
    for (let got = echo.receive(); got.ok; got = echo.receive()) {
      const { from, icmp } = got.value;
      if (icmp?.type !== reply || icmp.id !== this.id) continue;
      note(icmp.sequence, { from: from.address, atNs, isFinal: true, mark: '' });
    }
  }

  private answerOf(socket: Socket): Answer | undefined {
    const atNs = this.io.sys.nowNs;
    const queued = socket.receiveError();
    if (queued.ok) {
      const { from, icmp } = queued.value;
      if (icmp !== undefined && icmp.type !== 0) {
        return { from: from.address, atNs, ...this.meaning(icmp) };
      }
      const mark = icmp?.mtu === undefined ? '' : `!F-${icmp.mtu}`;
      return { from: undefined, atNs, isFinal: true, mark };
    }
    if (socket.type !== 'stream' || socket.state === 'SYN-SENT') return undefined;
    const errno = socket.takeError();
    const isHere = errno === undefined || errno === 'ECONNREFUSED';
    return { from: isHere ? this.options.address : undefined, atNs, isFinal: isHere, mark: '' };
  }

  private meaning(icmp: { readonly type: number; readonly code: number; readonly mtu?: number }): {
    readonly isFinal: boolean;
    readonly mark: string;
  } {
    const isV4 = isIpv4(this.options.address);
    if (icmp.type === (isV4 ? 11 : 3)) return { isFinal: false, mark: '' };
    return { isFinal: true, mark: isV4 ? mark4(icmp) : mark6(icmp) };
  }
}

const MARKS: Readonly<Record<number, string>> = {
  0: '!N',
  1: '!H',
  2: '!P',
  3: '',
  5: '!S',
  9: '!X',
  10: '!X',
  13: '!X',
  14: '!V',
  15: '!C',
};

function mark4(icmp: {
  readonly type: number;
  readonly code: number;
  readonly mtu?: number;
}): string {
  if (icmp.type !== 3) return `!<${icmp.type}-${icmp.code}>`;
  if (icmp.code === 4) return `!F-${icmp.mtu ?? 0}`;
  return MARKS[icmp.code] ?? `!<${icmp.code}>`;
}

const MARKS6 = ['!N', '!X', '!H', '!H', ''];

function mark6(icmp: {
  readonly type: number;
  readonly code: number;
  readonly mtu?: number;
}): string {
  if (icmp.type === 2) return `!F-${icmp.mtu ?? 0}`;
  if (icmp.type !== 1) return `!<${icmp.type}-${icmp.code}>`;
  return MARKS6[icmp.code] ?? `!<${icmp.code}>`;
}
