import { formatIp, type Ip, ipv4, parseCidr, parseIp } from '../../../../topology/addr/index.js';
import { Rng, SimClock } from '../../../../topology/base/index.js';
import type {
  Device,
  Netfilter,
  Netns,
  SendRequest,
} from '../../../../topology/kernel/contract.js';
import type { DropReason } from '../../../../topology/kernel/drop.js';
import { createNetfilter } from '../../../../topology/kernel/netfilter/index.js';
import type { HookName, Match, Rule, Target } from '../../../../topology/kernel/ops.js';
import { Skb } from '../../../../topology/kernel/skb.js';
import type { PacketTrace, TraceStep } from '../../../../topology/kernel/trace.js';
import {
  echoRest,
  IPPROTO,
  type Ipv4Packet,
  type L4Body,
  NO_TCP_OPTIONS,
} from '../../../../topology/wire/index.js';

/** An address from its text. */
export function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** A namespace that has netfilter, two devices and a fixed set of local addresses, and no data path. */
export interface FakeNetns {
  readonly netns: Netns;
  readonly netfilter: Netfilter;
  readonly clock: SimClock;
  readonly drops: { reason: DropReason; sentence: string }[];
  readonly sentences: string[];
  readonly icmpErrors: { type: number; code: number }[];
  readonly sent: SendRequest[];
  readonly device: (name: string) => Device;
  readonly sysctls: Map<string, number>;
}

/** Makes one; `local` are its own addresses, the first of which MASQUERADE uses. */
export function fakeNetns(local: readonly string[] = ['172.18.0.2'], seed = 1): FakeNetns {
  const clock = new SimClock();
  const own = new Set<Ip>(local.map(ip));
  const drops: FakeNetns['drops'] = [];
  const sentences: string[] = [];
  const icmpErrors: FakeNetns['icmpErrors'] = [];
  const sent: SendRequest[] = [];
  const devices = new Map<string, Device>();
  const sysctls = new Map([
    ['net.netfilter.nf_conntrack_tcp_loose', 1],
    ['net.netfilter.nf_conntrack_tcp_max_retrans', 3],
  ]);
  const base = {
    host: { name: 'n1', clock, rng: new Rng(seed) },
    ip: {
      route: () => undefined,
      pathMtu: () => undefined,
      addrType: (address: Ip) =>
        own.has(address) || Number(address) >>> 24 === 127 ? 'local' : 'unicast',
      primaryAddress: () => [...own][0],
      sendIcmpError: (_skb: Skb, type: number, code: number) => icmpErrors.push({ type, code }),
      send: (request: SendRequest) => {
        sent.push(request);
        return undefined;
      },
    },
    sysctl: (key: string) => sysctls.get(key) ?? 0,
    drop: (_skb: Skb, reason: DropReason, _component: string, sentence: string) => {
      drops.push({ reason, sentence });
      sentences.push(sentence);
    },
    step: (_skb: Skb, _component: string, _action: string, sentence: string) => {
      sentences.push(sentence);
    },
  };
  const netns = base as unknown as Netns;
  const netfilter = createNetfilter(netns);
  const device = (name: string): Device => {
    const known = devices.get(name);
    if (known !== undefined) return known;
    const made = { name, ifindex: devices.size + 2 } as unknown as Device;
    devices.set(name, made);
    return made;
  };
  return { netns, netfilter, clock, drops, sentences, icmpErrors, sent, device, sysctls };
}

/** A trace that only switches recording on. */
export const TRACE: PacketTrace = {
  nextPacketId: () => 0,
  record: (_step: TraceStep) => undefined,
};

/** Sends a packet through hooks in turn until one does not accept. */
export function pass(
  fake: FakeNetns,
  skb: Skb,
  hooks: readonly HookName[],
  inDev: string | undefined = 'eth0',
  outDev: string | undefined = 'cni0',
): string {
  for (const hook of hooks) {
    const entering = hook === 'PREROUTING' || hook === 'INPUT' || hook === 'FORWARD';
    const leaving = hook === 'OUTPUT' || hook === 'FORWARD' || hook === 'POSTROUTING';
    const verdict = fake.netfilter.run(
      hook,
      skb,
      entering && inDev !== undefined ? fake.device(inDev) : undefined,
      leaving && outDev !== undefined ? fake.device(outDev) : undefined,
    );
    if (verdict !== 'accept') return `${verdict} at ${hook}`;
  }
  return 'accept';
}

/** The hooks of a packet that is forwarded. */
export const FORWARDED: readonly HookName[] = ['PREROUTING', 'FORWARD', 'POSTROUTING'];

function packetOf(src: string, dst: string, proto: number, body: L4Body): Skb {
  const packet: Ipv4Packet = {
    kind: 'ipv4',
    src: ipv4(Number(ip(src))),
    dst: ipv4(Number(ip(dst))),
    ttl: 64,
    tos: 0,
    id: 0,
    df: false,
    mf: false,
    fragOffset: 0,
    proto,
    body,
  };
  return new Skb(packet, 0x0800);
}

function endpoint(text: string): { address: string; port: number } {
  const [address = '', port = '0'] = text.split(':');
  return { address, port: Number(port) };
}

/** A datagram between `10.0.0.1:1000` forms. */
export function udp(from: string, to: string): Skb {
  const src = endpoint(from);
  const dst = endpoint(to);
  return packetOf(src.address, dst.address, IPPROTO.udp, {
    kind: 'udp',
    srcPort: src.port,
    dstPort: dst.port,
    payload: new Uint8Array(4),
  });
}

/** What a segment has beside its flags; sequence number 1, no acknowledgement and no data when absent. */
export interface SegmentSpec {
  readonly seq?: number;
  readonly ack?: number;
  readonly window?: number;
  readonly octets?: number;
}

/** A segment with flags written as letters of FSRPA. */
export function tcp(from: string, to: string, flags: string, spec: SegmentSpec = {}): Skb {
  const src = endpoint(from);
  const dst = endpoint(to);
  const bits: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };
  return packetOf(src.address, dst.address, IPPROTO.tcp, {
    kind: 'tcp',
    srcPort: src.port,
    dstPort: dst.port,
    seq: spec.seq ?? 1,
    ack: spec.ack ?? 0,
    flags: [...flags].reduce((sum, letter) => sum | (bits[letter] ?? 0), 0),
    window: spec.window ?? 64240,
    options: NO_TCP_OPTIONS,
    payload: new Uint8Array(spec.octets ?? 0),
  });
}

/** Both ends of a TCP connection, whose numbers go on as those of real ones do. */
export class Dialog {
  private readonly ends: readonly [string, string];
  private readonly next: [number, number] = [1000, 5000];

  constructor(client: string, server: string) {
    this.ends = [client, server];
  }

  /** A segment such as `>S`, `<SA`, `>PA 100`: the way, the flags, and octets of data. */
  segment(text: string, spec: SegmentSpec = {}): Skb {
    const [, way = '>', flags = '', octets = '0'] = /^([<>])([A-Z]+)(?: (\d+))?$/.exec(text) ?? [];
    const from = way === '>' ? 0 : 1;
    const to = from === 0 ? 1 : 0;
    const seq = spec.seq ?? this.next[from];
    const ack = flags.includes('A') ? (spec.ack ?? this.next[to]) : 0;
    const length = Number(octets) + (/[SF]/.test(flags) ? 1 : 0);
    if (spec.seq === undefined) this.next[from] += length;
    return tcp(this.ends[from], this.ends[to], flags, {
      ...spec,
      seq,
      ack,
      octets: Number(octets),
    });
  }
}

/** An ICMP message. */
export function icmp(
  from: string,
  to: string,
  type: number,
  more: { code?: number; id?: number; payload?: Uint8Array } = {},
): Skb {
  return packetOf(from, to, IPPROTO.icmp, {
    kind: 'icmp',
    type,
    code: more.code ?? 0,
    rest: echoRest(more.id ?? 0, 1),
    payload: more.payload ?? new Uint8Array(0),
  });
}

/** A packet for people: `10.0.0.1:1000 → 10.0.0.2:53`. */
export function addresses(skb: Skb): string {
  const { packet } = skb;
  if (packet.kind !== 'ipv4') return packet.kind;
  const { body } = packet;
  const ports = body.kind === 'udp' || body.kind === 'tcp';
  const src = ports ? `:${body.srcPort}` : '';
  const dst = ports ? `:${body.dstPort}` : '';
  return `${formatIp(packet.src)}${src} → ${formatIp(packet.dst)}${dst}`;
}

/** A rule. */
export function rule(matches: readonly Match[], target?: Target): Rule {
  return target === undefined ? { matches } : { matches, target };
}

/** `-s` or `-d`. */
export function block(side: 'src' | 'dst', text: string, invert = false): Match {
  const parsed = parseCidr(text.includes('/') ? text : `${text}/32`);
  if (!parsed.ok) throw new Error(parsed.error);
  return { match: side, block: parsed.value, ...(invert ? { invert } : {}) };
}

/** `-p` with `--dport`. */
export function port(proto: 'tcp' | 'udp', number: number): Match[] {
  return [
    { match: 'proto', proto: IPPROTO[proto] },
    { match: 'dport', ports: { from: number, to: number } },
  ];
}
