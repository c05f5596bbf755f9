import { formatIp, formatMac, type Ip, parseIp } from '../../../../topology/addr/index.js';
import { MILLISECOND, Rng, SECOND, SimClock } from '../../../../topology/base/index.js';
import { parseCommand } from '../../../../topology/kernel/command/index.js';
import { Host } from '../../../../topology/kernel/host.js';
import type { NetNamespace } from '../../../../topology/kernel/netns/namespace.js';
import type { Skb } from '../../../../topology/kernel/skb.js';
import { Softirq } from '../../../../topology/kernel/softirq.js';
import type { PacketTrace, TraceStep } from '../../../../topology/kernel/trace.js';
import { IPPROTO } from '../../../../topology/wire/index.js';

/** One machine built from commands, with every frame on its devices written down. */
export class Machine {
  readonly clock = new SimClock();
  readonly host = new Host({
    name: 'machine',
    clock: this.clock,
    rng: new Rng(1),
    softirq: new Softirq(this.clock),
    ipv6Disabled: true,
  });
  /** `netns device direction packet`, in order. */
  readonly seen: string[] = [];

  /** Runs commands, each `netns: command` or a command of the host itself; throws when one is refused. */
  sh(script: string): void {
    for (const line of script.split('\n')) {
      const [, netns, command] = /^\s*(?:(\w+):)?\s*(.*)$/.exec(line) ?? [];
      if (command === undefined || command === '') continue;
      const message = this.try(command, netns);
      if (message !== undefined) throw new Error(`${line.trim()}: ${message}`);
    }
  }

  /** Runs one command; what it prints when it is refused. */
  try(command: string, netns?: string): string | undefined {
    const ops = parseCommand(command, netns);
    if (!ops.ok) return ops.error.message;
    const applied = this.host.apply(ops.value);
    return applied.ok ? undefined : applied.error.message;
  }

  netns(name: string): NetNamespace {
    const found = this.host.netns(name);
    if (found === undefined) throw new Error(`no namespace ${name}`);
    return found;
  }

  /** Writes down what passes every device from now on. */
  watch(): void {
    for (const netns of this.host.namespaces) {
      for (const device of netns.deviceList) {
        device.tap((skb, direction) => {
          this.seen.push(`${netns.name} ${device.name} ${direction} ${describe(skb)}`);
        });
      }
    }
  }

  /** Sends a datagram from port 40000 to port 9. */
  send(
    netns: string,
    dst: string,
    options: {
      readonly bytes?: number;
      readonly ttl?: number;
      readonly df?: boolean;
      readonly trace?: PacketTrace;
    } = {},
  ): string {
    const errno = this.netns(netns).ip.send({
      src: undefined,
      dst: ip(dst),
      proto: IPPROTO.udp,
      body: {
        kind: 'udp',
        srcPort: 40000,
        dstPort: 9,
        payload: new Uint8Array(options.bytes ?? 4),
      },
      pmtudisc: options.df === true ? 'do' : options.df === false ? 'dont' : 'want',
      ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
      trace: options.trace,
    });
    return errno ?? 'ok';
  }

  /** Lets simulated time pass, in milliseconds. */
  wait(ms = 1): void {
    this.clock.advance(ms * MILLISECOND);
  }

  waitSeconds(seconds: number): void {
    this.clock.advance(seconds * SECOND);
  }
}

/** A trace that keeps its steps. */
export function recorder(): PacketTrace & { readonly steps: TraceStep[] } {
  let next = 0;
  const steps: TraceStep[] = [];
  return { steps, nextPacketId: () => next++, record: (step) => steps.push(step) };
}

/** Reads an address. */
export function ip(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function describe({ packet }: Skb): string {
  switch (packet.kind) {
    case 'arp':
      return packet.op === 1
        ? `who-has ${formatIp(packet.targetIp)} tell ${formatIp(packet.senderIp)}`
        : `${formatIp(packet.senderIp)} is-at ${formatMac(packet.senderMac)}`;
    case 'ipv6': {
      const { body } = packet;
      const what = body.kind === 'icmp' ? `icmp6 ${body.type}/${body.code}` : body.kind;
      return `${formatIp(packet.src)} > ${formatIp(packet.dst)} hlim ${packet.hopLimit} ${what}`;
    }
    case 'ipv4': {
      const { body } = packet;
      const what = body.kind === 'icmp' ? `icmp ${body.type}/${body.code}` : body.kind;
      return `${formatIp(packet.src)} > ${formatIp(packet.dst)} ttl ${packet.ttl} ${what}`;
    }
    default:
      return packet.kind;
  }
}

/** A node `n` with a bridge and two pods, `p1` and `p2`, as the CNI bridge plugin leaves them. */
export const ONE_NODE = `
  ip netns add n
  ip netns add p1
  ip netns add p2
  n: sysctl -w net.ipv4.ip_forward=1
  n: ip link add cni0 address 02:00:00:00:00:01 type bridge
  n: ip addr add 10.244.1.1/24 dev cni0
  n: ip link set cni0 up
  p1: ip link add eth0 address 02:00:00:00:00:02 type veth peer name v1 netns n
  p2: ip link add eth0 address 02:00:00:00:00:04 type veth peer name v2 netns n
  n: ip link set v1 address 02:00:00:00:00:03
  n: ip link set v2 address 02:00:00:00:00:05
  n: ip link set v1 master cni0
  n: ip link set v2 master cni0
  n: ip link set v1 up
  n: ip link set v2 up
  p1: ip link set lo up
  p1: ip link set eth0 up
  p1: ip addr add 10.244.1.2/24 dev eth0
  p1: ip route add default via 10.244.1.1
  p2: ip link set lo up
  p2: ip link set eth0 up
  p2: ip addr add 10.244.1.3/24 dev eth0
  p2: ip route add default via 10.244.1.1
`;
