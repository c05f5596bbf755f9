/** Every reason for which a packet can be dropped, produced by a machine that is set up for it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Cable } from '../../topology/fabric/cable.js';
import {
  DROP_REASONS,
  type DropReason,
  type L3Packet,
  MAC_BROADCAST,
  type Mac,
  Rng,
} from '../../topology/index.js';
import { Skb } from '../../topology/kernel/skb.js';
import {
  IPPROTO,
  type Ipv6Packet,
  type L4Body,
  neighborSolicitation,
} from '../../topology/wire/index.js';
import { ip, Machine, ONE_NODE, recorder } from '../topology/kernel/netns/machine.js';

const P1 = 0x020000000002 as Mac;
const P2 = 0x020000000004 as Mac;
const STRANGER = 0x02000000ff01 as Mac;

/** The address as a number of IPv4. */
function v4(text: string) {
  const address = ip(text);
  if (typeof address !== 'number') throw new Error(text);
  return address;
}

/** The address as a number of IPv6. */
function v6(text: string) {
  const address = ip(text);
  if (typeof address === 'number') throw new Error(text);
  return address;
}

/** A neighbour solicitation to every node of the link. */
function solicitation(target: string): Ipv6Packet {
  return {
    kind: 'ipv6',
    src: v6('fe80::9'),
    dst: v6('ff02::1'),
    hopLimit: 255,
    trafficClass: 0,
    flowLabel: 0,
    proto: IPPROTO.icmpv6,
    body: neighborSolicitation(v6(target), { mac: P1 }),
  };
}

const UDP: L4Body = { kind: 'udp', srcPort: 7, dstPort: 9, payload: new Uint8Array(4) };

function ipv4Packet(more: {
  readonly src?: string;
  readonly dst?: string;
  readonly proto?: number;
  readonly body?: L4Body;
  readonly mf?: boolean;
  readonly fragOffset?: number;
}): L3Packet {
  const {
    src = '10.244.1.2',
    dst = '10.244.1.3',
    proto = IPPROTO.udp,
    body = UDP,
    mf = false,
    fragOffset = 0,
  } = more;
  return {
    kind: 'ipv4',
    src: v4(src),
    dst: v4(dst),
    ttl: 64,
    tos: 0,
    id: 1,
    df: false,
    mf,
    fragOffset,
    proto,
    body,
  };
}

const ETHERTYPES = { arp: 0x0806, ipv4: 0x0800, ipv6: 0x86dd, 'opaque-l3': 0x88cc } as const;

/** Puts a frame on a device as if it had just come in. */
function inject(
  machine: Machine,
  where: string,
  packet: L3Packet,
  macs: { src?: Mac; dst?: Mac } = {},
): void {
  const [netns = '', name = ''] = where.split(' ');
  const device = machine.netns(netns).deviceList.find((each) => each.name === name);
  if (device === undefined) throw new Error(`no device ${where}`);
  const etherType = ETHERTYPES[packet.kind];
  const skb = new Skb(packet, etherType);
  skb.srcMac = macs.src ?? P1;
  skb.dstMac = macs.dst ?? P2;
  skb.trace = trace;
  skb.packetId = trace.nextPacketId();
  device.receiveFromCable(skb);
}

let trace = recorder();

function tcp(flags: number): L4Body {
  return {
    kind: 'tcp',
    srcPort: 7,
    dstPort: 80,
    seq: 1,
    ack: 1,
    flags,
    window: 100,
    options: {},
    payload: new Uint8Array(),
  };
}

/** Permanent neighbours, so that what is sent is what is asked for and no ARP. */
const KNOWN = `
  p1: ip neigh replace 10.244.1.3 lladdr 02:00:00:00:00:04 dev eth0 nud permanent
  p2: ip neigh replace 10.244.1.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
`;

/** What leads to each drop on ONE_NODE: two pods on a bridge. */
const ROWS: Readonly<Partial<Record<DropReason, (machine: Machine) => void>>> = {
  'link-down': (m) => {
    m.sh('p2: ip link set eth0 down');
    inject(m, 'p2 eth0', ipv4Packet({}));
  },
  'no-carrier': (m) => {
    m.sh(`${KNOWN} n: ip link set v1 down`);
    m.send('p1', '10.244.1.3', { trace });
  },
  'frame-too-long': (m) => {
    m.sh(`${KNOWN} p2: ip link set eth0 mtu 1000`);
    m.send('p1', '10.244.1.3', { bytes: 1400, trace });
  },
  'fragment-abandoned': (m) => {
    m.sh(`${KNOWN} n: ip link set v1 mtu 1000`);
    m.send('p1', '10.244.1.3', { bytes: 2000, trace });
  },
  'other-host': (m) => inject(m, 'p2 eth0', ipv4Packet({}), { dst: STRANGER }),
  'no-handler': (m) => inject(m, 'p2 eth0', { kind: 'opaque-l3', octets: new Uint8Array(4) }),
  'bridge-port-down': (m) => {
    m.sh('n: bridge link set dev v1 state 0');
    inject(m, 'n v1', ipv4Packet({}));
  },
  'bridge-no-port': (m) => {
    m.sh('n: ip link set v2 down');
    inject(m, 'n v1', ipv4Packet({}), { dst: STRANGER });
  },
  'bridge-same-port': (m) => {
    m.sh('n: bridge fdb add 02:00:00:00:ff:01 dev v1 master static');
    inject(m, 'n v1', ipv4Packet({}), { dst: STRANGER });
  },
  'bridge-isolated': (m) => {
    m.sh(`n: bridge link set dev v1 isolated on
      n: bridge link set dev v2 isolated on
      n: bridge fdb add 02:00:00:00:00:04 dev v2 master static`);
    inject(m, 'n v1', ipv4Packet({}));
  },
  'martian-source': (m) => inject(m, 'p2 eth0', ipv4Packet({ src: '127.0.0.1' })),
  'martian-destination': (m) => inject(m, 'p2 eth0', ipv4Packet({ dst: '127.0.0.1' })),
  'broadcast-not-forwarded': (m) => {
    m.sh('n: ip route add 192.0.2.0/24 via 10.244.1.2 dev cni0');
    inject(m, 'n v1', ipv4Packet({ dst: '192.0.2.1' }), { dst: MAC_BROADCAST });
  },
  'neighbor-unresolved': (m) => {
    m.send('p1', '10.244.1.9', { trace });
    m.waitSeconds(5);
  },
  'conntrack-full': (m) => {
    m.sh(`n: sysctl -w net.netfilter.nf_conntrack_max=1
      n: iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP`);
    for (const port of [1, 2, 3])
      inject(
        m,
        'n v1',
        ipv4Packet({
          body: { kind: 'udp', srcPort: port, dstPort: 9, payload: new Uint8Array(4) },
          dst: '10.244.1.1',
        }),
        { dst: 0x020000000001 as Mac },
      );
  },
  'nat-no-port': (m) => {
    m.sh(`ip netns add w
      n: ip link add w0 type veth peer name eth0 netns w
      n: ip link set w0 up
      n: ip addr add 192.0.2.1/24 dev w0
      w: ip link set eth0 up
      w: ip addr add 192.0.2.2/24 dev eth0
      n: iptables -t nat -A POSTROUTING -o w0 -p udp -j MASQUERADE --to-ports 5000-5000`);
    m.send('p1', '192.0.2.2', { trace });
    m.wait();
    m.send('p2', '192.0.2.2', { trace });
  },
  'fragment-timeout': (m) => {
    inject(
      m,
      'p2 eth0',
      ipv4Packet({ mf: true, body: { kind: 'opaque', octets: new Uint8Array(16) } }),
    );
    m.waitSeconds(31);
  },
  malformed: (m) => {
    const body: L4Body = { kind: 'icmp', type: 3, code: 1, rest: 0, payload: new Uint8Array(3) };
    inject(m, 'p2 eth0', ipv4Packet({ proto: IPPROTO.icmp, body }));
  },
  'no-protocol': (m) =>
    inject(
      m,
      'p2 eth0',
      ipv4Packet({ proto: 200, body: { kind: 'opaque', octets: new Uint8Array(8) } }),
    ),
  'tcp-invalid': (m) => {
    const made = m.host.processes.clone({ comm: 'server', argv: ['server'], unshare: ['net'] });
    if (!made.ok) throw new Error(made.error);
    m.host.apply([{ op: 'netns.attach', name: 's', pid: made.value.pid }]);
    m.sh(`s: ip link set lo up
      s: ip link add eth0 type veth peer name vs netns n
      s: ip link set eth0 up
      n: ip link set vs up
      s: ip addr add 10.244.1.4/24 dev eth0`);
    const opened = made.value.sys.socket('inet', 'stream');
    if (!opened.ok) throw new Error(opened.error);
    opened.value.bind(v4('0.0.0.0'), 80);
    opened.value.listen(1);
    const device = m.netns('s').deviceList.find(({ name }) => name === 'eth0');
    inject(
      m,
      's eth0',
      ipv4Packet({ dst: '10.244.1.4', proto: IPPROTO.tcp, body: tcp(0x10) }),
      device === undefined ? {} : { dst: device.mac },
    );
  },
  'icmp-ignored': (m) => {
    m.sh('p2: sysctl -w net.ipv4.icmp_echo_ignore_all=1');
    const body: L4Body = { kind: 'icmp', type: 8, code: 0, rest: 1, payload: new Uint8Array(8) };
    inject(m, 'p2 eth0', ipv4Packet({ proto: IPPROTO.icmp, body }));
  },
  'arp-ignored': (m) => {
    const message = {
      op: 1,
      senderMac: P1,
      senderIp: v4('10.244.1.2'),
      targetMac: 0 as Mac,
      targetIp: v4('10.244.1.77'),
    };
    inject(m, 'p2 eth0', { kind: 'arp', ...message }, { dst: MAC_BROADCAST });
  },
  'ndp-ignored': (m) => {
    m.sh('p2: sysctl -w net.ipv6.conf.all.disable_ipv6=0');
    inject(m, 'p2 eth0', solicitation('fd00::77'), { dst: 0x333300000001 as Mac });
  },
  'multicast-not-joined': (m) => {
    m.sh('p2: sysctl -w net.ipv6.conf.all.disable_ipv6=0');
    const packet = { ...solicitation('fd00::77'), dst: v6('ff02::1:ff00:77') };
    inject(m, 'p2 eth0', packet, { dst: 0x3333ff000077 as Mac });
  },
  'ipv6-disabled': (m) => {
    inject(m, 'p2 eth0', solicitation('fd00::77'), { dst: 0x333300000001 as Mac });
  },
  'netns-gone': (m) => {
    inject(m, 'p2 eth0', ipv4Packet({}));
    m.sh('ip netns del p2');
  },
};

/** What leads to each drop on a cable between two machines that share a clock. */
const CABLE_ROWS: readonly (readonly [
  DropReason,
  { loss: number; rateBitsPerSecond: number | undefined },
  number,
])[] = [
  ['cable-loss', { loss: 1, rateBitsPerSecond: undefined }, 1],
  ['queue-full', { loss: 0, rateBitsPerSecond: 1000 }, 1100],
];

describe('a packet is dropped with the reason', () => {
  test.each(Object.entries(ROWS))('%s', (reason, lead) => {
    const machine = new Machine();
    machine.sh(ONE_NODE);
    trace = recorder();
    lead(machine);
    machine.wait(10);
    const counted = [...machine.host.namespaces].flatMap((netns) => [...netns.dropCounts.keys()]);
    const told = trace.steps.filter((step) => step.drop === reason);
    // A namespace that is gone takes its counters along; the trace remembers.
    expect(told.length > 0 || counted.some((each) => each === reason)).toBe(true);
    for (const step of told) expect(step.reason).toMatch(/\S \S/);
  });

  test.each(CABLE_ROWS)('%s', (reason, properties, frames) => {
    const machine = new Machine();
    const ends = ['eth0 of a', 'eth1 of b'] as const;
    const cable = new Cable({
      id: 'cable',
      ends,
      clock: machine.clock,
      rng: new Rng(1),
      properties: { delayNs: 1000, ...properties },
    });
    const [a, b] = ([0, 1] as const).map((index) =>
      machine.host.addCable({
        name: `eth${index}`,
        mac: (P1 + index) as Mac,
        mtuBytes: 1500,
        end: cable.end(index),
      }),
    );
    if (a === undefined || b === undefined) throw new Error('two ends');
    cable.attach(a, b);
    for (const device of [a, b]) device.setCarrier(true);
    machine.sh('ip link set eth0 up');
    for (let frame = 0; frame < frames; frame++) {
      const skb = new Skb(ipv4Packet({}), 0x0800);
      skb.srcMac = P1;
      skb.dstMac = P2;
      a.transmit(skb);
    }
    expect(machine.host.root.dropCounts.get(reason)).toBeGreaterThan(0);
  });

  test('of every key of DROP_REASONS in some test', () => {
    const root = new URL('..', import.meta.url).pathname;
    const texts = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => readFileSync(join(root, path), 'utf8'))
      .join('\n');
    const unnamed = Object.keys(DROP_REASONS).filter(
      (reason) => !(reason in ROWS) && !texts.includes(`'${reason}'`),
    );
    expect(unnamed).toEqual([]);
  });
});
