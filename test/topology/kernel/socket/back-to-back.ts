import { type Ip, type Ipv6, isIpv4 } from '../../../../topology/addr/index.js';
import { Rng, SECOND, SimClock } from '../../../../topology/base/index.js';
import type {
  Device,
  IpLayer,
  Netns,
  RouteResult,
  SendRequest,
} from '../../../../topology/kernel/contract.js';
import { type Errno, Skb } from '../../../../topology/kernel/index.js';
import {
  createSocketLayer,
  type SocketDomain,
  type SocketType,
} from '../../../../topology/kernel/socket/index.js';
import type { Ipv4Packet, Ipv6Packet } from '../../../../topology/wire/index.js';
import { ip } from './lab.js';

type Packet = Ipv4Packet | Ipv6Packet;

/** One end of a `BackToBack`: its addresses, its sockets, what was sent and dropped. */
export class End {
  readonly sent: Packet[] = [];
  readonly drops: string[] = [];
  readonly icmpSent: { readonly type: number; readonly code: number; readonly rest: number }[] = [];
  readonly sysctls = new Map<string, number>([['net.ipv4.ip_unprivileged_port_start', 0]]);
  /** Told of every packet before it is carried over; false keeps it. */
  filter: (packet: Packet) => boolean = () => true;
  pathMtuBytes: number | undefined = undefined;
  readonly eth0: Device;
  readonly lo: Device;
  readonly sockets: ReturnType<typeof createSocketLayer>;

  readonly addresses: readonly Ip[];
  private readonly carry: (packet: Packet) => void;

  constructor(clock: SimClock, addresses: readonly Ip[], carry: (packet: Packet) => void) {
    this.addresses = addresses;
    this.carry = carry;
    this.lo = { ifindex: 1, name: 'lo' } as Device;
    this.eth0 = { ifindex: 2, name: 'eth0' } as Device;
    const netns: Partial<Netns> = {
      inode: addresses.length,
      sysctl: (key) => this.sysctls.get(key) ?? Number.NaN,
      ip: this.ipLayer(),
      host: { name: 'n1', clock, rng: new Rng(1), defer: () => undefined },
      device: (name) => [this.lo, this.eth0].find((each) => each.name === name),
      deviceByIndex: (index) => [this.lo, this.eth0].find((each) => each.ifindex === index),
      drop: (_skb, reason) => {
        this.drops.push(reason);
      },
      step: () => undefined,
    };
    this.sockets = createSocketLayer(netns as Netns);
  }

  open(type: SocketType, domain: SocketDomain = 'inet6', uid = 0) {
    const made = this.sockets.open({ uid, pid: 1, comm: 'x' }, domain, type);
    if (!made.ok) throw new Error(made.error);
    return made.value;
  }

  private ipLayer(): IpLayer {
    const isLocal = (address: Ip) =>
      this.addresses.includes(address) ||
      (isIpv4(address) ? address >>> 24 === 127 : address === 1n);
    const stand: Partial<IpLayer> = {
      isLocal,
      addrType: (address, dev) => {
        if (isLocal(address)) return dev === this.lo ? 'unicast' : 'local';
        if (isIpv4(address)) return address >>> 28 === 14 ? 'multicast' : 'unicast';
        return address >> 120n === 0xffn ? 'multicast' : 'unicast';
      },
      chooseSource: ({ dst, src }) => {
        const own = this.addresses.find((each) => isIpv4(each) === isIpv4(dst)) ?? dst;
        const route = { type: 'unicast', mtuBytes: 1500 } as RouteResult;
        return { ok: true, src: src ?? (isLocal(dst) ? dst : own), route };
      },
      pathMtu: () => this.pathMtuBytes,
      learnPathMtu: (_dst, mtuBytes) => {
        this.pathMtuBytes = mtuBytes;
      },
      sendIcmpError: (_about, type, code, rest = 0) => {
        this.icmpSent.push({ type, code, rest });
      },
      send: (request) => this.send(request),
    };
    return stand as IpLayer;
  }

  private send({ src, dst, proto, body, ttl = 64 }: SendRequest): Errno | undefined {
    const from = src ?? this.addresses.find((each) => isIpv4(each) === isIpv4(dst)) ?? dst;
    const packet: Packet = isIpv4(dst)
      ? ({
          kind: 'ipv4',
          src: from,
          dst,
          ttl,
          tos: 0,
          id: 0,
          df: true,
          mf: false,
          fragOffset: 0,
          proto,
          body,
        } as Ipv4Packet)
      : ({
          kind: 'ipv6',
          src: from as Ipv6,
          dst,
          hopLimit: ttl,
          trafficClass: 0,
          flowLabel: 0,
          proto,
          body,
        } as Ipv6Packet);
    this.sent.push(packet);
    if (this.filter(packet)) this.carry(packet);
    return undefined;
  }

  /** Takes a packet as the IP layer would give it to the sockets. */
  receive(packet: Packet): void {
    const skb = arrived(packet, this.eth0);
    const { body } = packet;
    if (body.kind === 'icmp' && (body.type === 129 || body.type === 0)) {
      this.sockets.echoReply(skb, packet, body);
    } else this.sockets.deliver(skb, packet);
  }

  /** Hears an ICMP error of the other end about a packet it sent. */
  hear(
    about: Packet,
    error: { readonly type: number; readonly code: number; readonly rest: number },
  ): void {
    const message = { kind: 'icmp' as const, ...error, payload: new Uint8Array(0) };
    const answer = { ...about, src: about.dst, dst: about.src, body: message } as Packet;
    this.sockets.icmpError(arrived(answer, this.eth0), message, about);
  }
}

/**
 * Two socket layers without an IP layer: what one sends the other is given a moment later. For what sockets do with
 * packets, whatever the way between them.
 */
export class BackToBack {
  readonly clock = new SimClock();
  readonly a: End;
  readonly b: End;

  constructor() {
    this.a = new End(this.clock, ['10.0.0.1', 'fd00::1', 'fe80::a'].map(ip), (packet) =>
      this.carry(packet),
    );
    this.b = new End(this.clock, ['10.0.0.2', 'fd00::2', 'fe80::b'].map(ip), (packet) =>
      this.carry(packet),
    );
  }

  run(seconds: number): void {
    this.clock.advance(seconds * SECOND);
  }

  private carry(packet: Packet): void {
    const end = [this.a, this.b].find(({ addresses }) => addresses.includes(packet.dst));
    this.clock.schedule(0, () => end?.receive(packet));
  }
}

function arrived(packet: Packet, dev: Device): Skb {
  const skb = new Skb(packet, packet.kind === 'ipv4' ? 0x800 : 0x86dd);
  skb.dev = dev;
  skb.pktType = 'host';
  return skb;
}
