import { describe, expect, test } from '@jest/globals';
import {
  ETHERTYPE,
  IPPROTO,
  type Ipv4Packet,
  ipv4,
  type Mac,
  NO_TCP_OPTIONS,
  type PacketPicture,
  parseMac,
  picturePacket,
  TCP_SYN,
} from '../../../topology/index.js';

const SRC_MAC = mac('02:00:00:00:00:01');
const DST_MAC = mac('02:00:00:00:00:02');

function mac(text: string): Mac {
  const parsed = parseMac(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

const SYN: Ipv4Packet = {
  kind: 'ipv4',
  src: ipv4(0x0a_f4_01_02),
  dst: ipv4(0x0a_60_00_0a),
  ttl: 64,
  tos: 0,
  id: 7,
  df: true,
  mf: false,
  fragOffset: 0,
  proto: IPPROTO.tcp,
  body: {
    kind: 'tcp',
    srcPort: 40_000,
    dstPort: 80,
    seq: 1,
    ack: 0,
    flags: TCP_SYN,
    window: 64_240,
    options: NO_TCP_OPTIONS,
    payload: new Uint8Array(),
  },
};

function octetsOf(picture: PacketPicture, layer: string, field: string): string {
  const found = picture.layers
    .find(({ name }) => name === layer)
    ?.fields.find(({ name }) => name === field);
  const { offset = 0, length = 0 } = found ?? {};
  return Buffer.from(picture.octets.subarray(offset, offset + length)).toString('hex');
}

describe('a picture of a packet', () => {
  const framed = picturePacket({ srcMac: SRC_MAC, dstMac: DST_MAC, packet: SYN });

  test.each([
    ['Ethernet', 'destination', '020000000002'],
    ['Ethernet', 'source', '020000000001'],
    ['Ethernet', 'type', '0800'],
    ['IPv4', 'version', '45'],
    ['IPv4', 'total length', '0028'],
    ['IPv4', 'identification', '0007'],
    ['IPv4', "don't fragment", '40'],
    ['IPv4', 'TTL', '40'],
    ['IPv4', 'protocol', '06'],
    ['IPv4', 'source', '0af40102'],
    ['IPv4', 'destination', '0a60000a'],
    ['TCP', 'source port', '9c40'],
    ['TCP', 'destination port', '0050'],
    ['TCP', 'sequence number', '00000001'],
    ['TCP', 'flags', '02'],
    ['TCP', 'window', 'faf0'],
  ])('points at the octets of %s %s', (layer, field, octets) => {
    expect(octetsOf(framed, layer, field)).toBe(octets);
  });

  test('says where each header begins and how long it is', () => {
    expect(framed.layers.map(({ name, offset, length }) => [name, offset, length])).toEqual([
      ['Ethernet', 0, 14],
      ['IPv4', 14, 20],
      ['TCP', 34, 20],
    ]);
  });

  test('begins at IP before a device has framed the packet', () => {
    const bare = picturePacket({ srcMac: undefined, dstMac: undefined, packet: SYN });
    expect(bare.layers.map(({ name, offset, length }) => [name, offset, length])).toEqual([
      ['IPv4', 0, 20],
      ['TCP', 20, 20],
    ]);
    expect(octetsOf(bare, 'IPv4', 'destination')).toBe('0a60000a');
  });

  test('nests a frame in its tunnel, outermost first', () => {
    const inner = { src: SRC_MAC, dst: DST_MAC, etherType: ETHERTYPE.ipv4, packet: SYN };
    const outer: Ipv4Packet = {
      ...SYN,
      proto: IPPROTO.udp,
      body: {
        kind: 'udp',
        srcPort: 50_000,
        dstPort: 8472,
        noChecksum: true,
        payload: { kind: 'vxlan', vni: 1, inner },
      },
    };
    const picture = picturePacket({ srcMac: SRC_MAC, dstMac: DST_MAC, packet: outer });
    expect(picture.layers.map(({ name, offset }) => [name, offset])).toEqual([
      ['Ethernet', 0],
      ['IPv4', 14],
      ['UDP', 34],
      ['VXLAN', 42],
      ['Ethernet', 50],
      ['IPv4', 64],
      ['TCP', 84],
    ]);
    expect(octetsOf(picture, 'VXLAN', 'VNI')).toBe('000001');
  });
});
