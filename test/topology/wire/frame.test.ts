import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Ipv4, Ipv6, Mac } from '../../../topology/addr/index.js';
import {
  describeFrame,
  dissect,
  emitFrame,
  type Frame,
  frameBytes,
  type L4Body,
  parseFrame,
  quoteOf,
  readQuote,
  rewriteQuote,
} from '../../../topology/wire/index.js';

function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function parsed(octets: Uint8Array): Frame {
  const frame = parseFrame(octets);
  if (!frame.ok) throw new Error(JSON.stringify(frame.error));
  return frame.value;
}

/** Frames that Linux 6.18 sent over a veth pair. */
const CAPTURED: readonly [string, string, string][] = [
  [
    'ARP request',
    'ffffffffffff020000000001080600010800060400010200000000010af401020000000000000af40103',
    'ARP, Request who-has 10.244.1.3 tell 10.244.1.2, length 28',
  ],
  [
    'ARP reply',
    '020000000001020000000002080600010800060400020200000000020af401030200000000010af40102',
    'ARP, Reply 10.244.1.3 is-at 02:00:00:00:00:02, length 28',
  ],
  [
    'UDP datagram',
    '02000000000202000000000108004500001f5a4940004011c8980af401020af401039c410009000bd93768690a',
    'IP 10.244.1.2.40001 > 10.244.1.3.9: UDP, length 3',
  ],
  [
    'ICMP port unreachable',
    '020000000001020000000002080045c0003b060b000040015c0b0af401030af4010203031506000000004500001f5a4940004011c8980af401020af401039c410009000bd93768690a',
    'IP 10.244.1.3 > 10.244.1.2: ICMP 10.244.1.3 udp port 9 unreachable, length 39',
  ],
  [
    'ICMP echo request',
    '02000000000202000000000108004500002439ae40004001e93e0af401020af4010308006668000100016162636465666768',
    'IP 10.244.1.2 > 10.244.1.3: ICMP echo request, id 1, seq 1, length 16',
  ],
  [
    'neighbor solicitation',
    '3333ff00000202000000000186dd6000000000203afffd000000000000000000000000000001ff0200000000000000000001ff00000287007d9700000000fd0000000000000000000000000000020101020000000001',
    'IP6 fd00::1 > ff02::1:ff00:2: ICMP6, neighbor solicitation, who has fd00::2, length 32',
  ],
  [
    'neighbor advertisement',
    '02000000000102000000000286dd6000000000203afffd000000000000000000000000000002fd00000000000000000000000000000188001c9a60000000fd0000000000000000000000000000020201020000000002',
    'IP6 fd00::2 > fd00::1: ICMP6, neighbor advertisement, tgt is fd00::2, length 32',
  ],
  [
    'ICMPv6 echo reply',
    '02000000000102000000000286dd60097c3c00103a40fd000000000000000000000000000002fd0000000000000000000000000000018100f318000100016162636465666768',
    'IP6 fd00::2 > fd00::1: ICMP6, echo reply, id 1, seq 1, length 16',
  ],
  [
    'TCP SYN',
    '02000000000202000000000108004500003cda3a4000400648950af401020af401039c42005067230f7000000000a002faf0d3e20000020405b40402080a75bdd859000000000103030a',
    'IP 10.244.1.2.40002 > 10.244.1.3.80: Flags [S], seq 1730350960, win 64240, options [mss 1460,sackOK,TS val 1975375961 ecr 0,nop,wscale 10], length 0',
  ],
  [
    'TCP data',
    '020000000001020000000002080045000039d2904000400650420af401030af4010200509c421096dde367230f748018004076cd00000101080a0c02482675bdd85a68656c6c6f',
    'IP 10.244.1.3.80 > 10.244.1.2.40002: Flags [P.], seq 278322659:278322664, ack 1730350964, win 64, options [nop,nop,TS val 201476134 ecr 1975375962], length 5',
  ],
  [
    'TCP acknowledgement with two SACK blocks',
    '020000000001020000000002080045000048d2914000400650320af401030af4010200509c421096dde367230f74d0100040519700000101080a0c02482675bdd85a010105126723151c67231ac46723206c67232614',
    'IP 10.244.1.3.80 > 10.244.1.2.40002: Flags [.], ack 1730350964, win 64, options [nop,nop,TS val 201476134 ecr 1975375962,nop,nop,sack 2 {1730352412:1730353860}{1730355308:1730356756}], length 0',
  ],
];

describe('frames', () => {
  test.each(CAPTURED)('reads a captured %s and emits the same octets', (_, hex, line) => {
    const octets = octetsOf(hex);
    const frame = parsed(octets);
    expect(emitFrame(frame)).toEqual(octets);
    expect(frameBytes(frame)).toBe(octets.length);
    expect(describeFrame(frame)).toBe(line);
  });

  test('reads every field of a captured SYN', () => {
    const syn = CAPTURED[8]?.[1] ?? '';
    expect(parsed(octetsOf(syn))).toEqual({
      src: 0x020000000001,
      dst: 0x020000000002,
      etherType: 0x0800,
      packet: {
        kind: 'ipv4',
        src: 0x0af40102,
        dst: 0x0af40103,
        ttl: 64,
        tos: 0,
        id: 0xda3a,
        df: true,
        mf: false,
        fragOffset: 0,
        proto: 6,
        body: {
          kind: 'tcp',
          srcPort: 40002,
          dstPort: 80,
          seq: 1730350960,
          ack: 0,
          flags: 2,
          window: 64240,
          options: {
            mss: 1460,
            sackPermitted: true,
            timestamp: { value: 1975375961, echo: 0 },
            windowScale: 10,
          },
          payload: new Uint8Array(0),
        },
      },
    });
  });

  const udp = CAPTURED[2]?.[1] ?? '';
  const tcp = CAPTURED[8]?.[1] ?? '';
  const echo = CAPTURED[4]?.[1] ?? '';
  test.each([
    [
      'an Ethernet header cut short',
      udp,
      13,
      undefined,
      { code: 'wire/truncated', layer: 'ethernet' },
    ],
    ['an IPv4 header cut short', udp, 33, undefined, { code: 'wire/truncated', layer: 'ipv4' }],
    [
      'a packet shorter than its total length',
      udp,
      44,
      undefined,
      { code: 'wire/truncated', layer: 'ipv4' },
    ],
    ['IP version 5', udp, 0, [14, 0x55], { code: 'wire/bad-field', layer: 'ipv4', value: 5 }],
    ['a header length below 20', udp, 0, [14, 0x44], { code: 'wire/bad-length', layer: 'ipv4' }],
    [
      'a wrong header checksum',
      udp,
      0,
      [24, 0x12],
      { code: 'wire/bad-checksum', layer: 'ipv4', expected: 0xc898 },
    ],
    [
      'a wrong UDP checksum',
      udp,
      0,
      [44, 0x0b],
      { code: 'wire/bad-checksum', layer: 'udp', found: 0xd937 },
    ],
    ['a UDP length below 8', udp, 0, [39, 7], { code: 'wire/bad-length', layer: 'udp' }],
    ['a UDP length past the packet', udp, 0, [39, 12], { code: 'wire/truncated', layer: 'udp' }],
    [
      'a wrong TCP checksum',
      tcp,
      0,
      [50, 0],
      { code: 'wire/bad-checksum', layer: 'tcp', expected: 0xd3e2 },
    ],
    ['a TCP data offset below 5', tcp, 0, [46, 0x40], { code: 'wire/bad-length', layer: 'tcp' }],
    ['a wrong ICMP checksum', echo, 0, [49, 0], { code: 'wire/bad-checksum', layer: 'icmp' }],
    [
      'an ARP for another protocol',
      CAPTURED[0]?.[1] ?? '',
      0,
      [16, 9],
      { code: 'wire/bad-field', layer: 'arp' },
    ],
  ])('refuses %s', (_, hex, length, change, error) => {
    const octets = octetsOf(hex);
    if (change !== undefined) octets[change[0] ?? 0] = change[1] ?? 0;
    const read = parseFrame(length === 0 ? octets : octets.subarray(0, length));
    expect(read).toMatchObject({ ok: false, error });
  });

  test('ignores the padding of a short frame', () => {
    const frame = parsed(Uint8Array.from([...octetsOf(udp), ...new Array(15).fill(0)]));
    expect(emitFrame(frame)).toEqual(octetsOf(udp));
  });

  test('never throws on arbitrary octets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.constantFrom(0x0800, 0x86dd, 0x0806),
        (tail, type) => {
          const octets = Uint8Array.from([
            ...new Array(12).fill(2),
            type >> 8,
            type & 255,
            ...tail,
          ]);
          expect(typeof parseFrame(octets).ok).toBe('boolean');
        },
      ),
      { seed: 7, numRuns: 2000 },
    );
  });

  test('reads back what it emits', () => {
    fc.assert(
      fc.property(frames(2), (frame) => {
        const octets = emitFrame(frame);
        expect(octets.length).toBe(frameBytes(frame));
        expect(parseFrame(octets)).toEqual({ ok: true, value: frame });
        expect(describeFrame(frame)).not.toBe('');
        expect(dissect(frame).length).toBeGreaterThan(1);
      }),
      { seed: 42, numRuns: 500 },
    );
  });
});

describe('quotes', () => {
  test('an IPv4 quote leaves an ICMP error of 576 octets', () => {
    const frame = parsed(octetsOf(udp0()));
    if (frame.packet.kind !== 'ipv4') throw new Error('not IPv4');
    const body: L4Body = { kind: 'udp', srcPort: 1, dstPort: 2, payload: new Uint8Array(2000) };
    expect(quoteOf({ ...frame.packet, body })).toHaveLength(548);
  });

  test('a rewritten quote is the packet as it was before NAT, checksums too', () => {
    const before = octetsOf(udp0()).subarray(14);
    const rewritten = rewriteQuote(before, { dst: 0x0a600001 as Ipv4, dstPort: 53 });
    const packet = parseFrame(Uint8Array.from([...octetsOf(udp0()).subarray(0, 14), ...rewritten]));
    expect(packet).toMatchObject({
      ok: true,
      value: { packet: { dst: 0x0a600001, body: { dstPort: 53 } } },
    });
    expect(readQuote(rewritten.subarray(0, 28))).toMatchObject({
      ok: true,
      value: { dst: 0x0a600001, ports: { src: 40001, dst: 53 }, lengthBytes: 31 },
    });
  });
});

function udp0(): string {
  return CAPTURED[2]?.[1] ?? '';
}

function frames(depth: number): fc.Arbitrary<Frame> {
  const u8 = fc.integer({ min: 0, max: 255 });
  const u16 = fc.integer({ min: 0, max: 65535 });
  const u32 = fc.integer({ min: 0, max: 0xffffffff });
  const mac = fc.integer({ min: 0, max: 0xffffffffffff }).map((value) => value as Mac);
  const ip4 = u32.map((value) => value as Ipv4);
  const ip6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((value) => value as Ipv6);
  const payload = fc.uint8Array({ maxLength: 40 });
  const plainPort = u16.filter((port) => port !== 4789 && port !== 8472);
  const udp: fc.Arbitrary<L4Body> = fc.record({
    kind: fc.constant('udp' as const),
    srcPort: u16,
    dstPort: plainPort,
    payload,
  });
  const tcp: fc.Arbitrary<L4Body> = fc.record({
    kind: fc.constant('tcp' as const),
    srcPort: u16,
    dstPort: u16,
    seq: u32,
    ack: u32,
    flags: u8,
    window: u16,
    options: fc.record(
      {
        mss: u16,
        windowScale: u8,
        sackPermitted: fc.constant(true),
        timestamp: fc.record({ value: u32, echo: u32 }),
        sack: fc.array(fc.record({ left: u32, right: u32 }), { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
    payload,
  });
  const icmp: fc.Arbitrary<L4Body> = fc.record({
    kind: fc.constant('icmp' as const),
    type: u8,
    code: u8,
    rest: u32,
    payload,
  });
  const carried = (icmpProto: number, tunnel: boolean) =>
    fc.oneof(
      fc.tuple(fc.constant(17), udp),
      fc.tuple(fc.constant(6), tcp),
      fc.tuple(fc.constant(icmpProto), icmp),
      ...(tunnel && depth > 0
        ? [
            fc.tuple(
              fc.constant(17),
              fc.record({
                kind: fc.constant('udp' as const),
                srcPort: u16,
                dstPort: fc.constantFrom(4789, 8472),
                payload: fc.record({
                  kind: fc.constant('vxlan' as const),
                  vni: fc.integer({ min: 0, max: 0xffffff }),
                  inner: frames(depth - 1),
                }),
                noChecksum: fc.constant(true),
              }),
            ),
          ]
        : []),
    ) as fc.Arbitrary<[number, L4Body]>;
  const v4 = fc
    .tuple(
      fc.record({ src: ip4, dst: ip4, ttl: u8, tos: u8, id: u16, df: fc.boolean() }),
      carried(1, true),
    )
    .map(([header, [proto, body]]) => ({
      etherType: 0x0800,
      packet: { kind: 'ipv4' as const, ...header, mf: false, fragOffset: 0, proto, body },
    }));
  const v6 = fc
    .tuple(
      fc.record({
        src: ip6,
        dst: ip6,
        hopLimit: u8,
        trafficClass: u8,
        flowLabel: fc.integer({ min: 0, max: 0xfffff }),
      }),
      carried(58, true),
    )
    .map(([header, [proto, body]]) => ({
      etherType: 0x86dd,
      packet: { kind: 'ipv6' as const, ...header, proto, body },
    }));
  const arp = fc
    .record({ op: u16, senderMac: mac, senderIp: ip4, targetMac: mac, targetIp: ip4 })
    .map((fields) => ({ etherType: 0x0806, packet: { kind: 'arp' as const, ...fields } }));
  return fc
    .tuple(mac, mac, fc.oneof(v4, v6, arp))
    .map(([src, dst, rest]) => ({ src, dst, ...rest }));
}
