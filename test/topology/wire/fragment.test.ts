import { describe, expect, test } from '@jest/globals';
import type { Ipv4, Ipv6 } from '../../../topology/addr/index.js';
import {
  fragmentIpv4,
  fragmentIpv6,
  type Ipv4Packet,
  type Ipv6Packet,
  l3Bytes,
  reassembleIpv4,
  reassembleIpv6,
} from '../../../topology/wire/index.js';

const PAYLOAD = Uint8Array.from({ length: 3000 }, (_, index) => index & 255);
const V4: Ipv4Packet = {
  kind: 'ipv4',
  src: 0x0af40102 as Ipv4,
  dst: 0x0af40203 as Ipv4,
  ttl: 64,
  tos: 0,
  id: 77,
  df: false,
  mf: false,
  fragOffset: 0,
  proto: 17,
  body: { kind: 'udp', srcPort: 1, dstPort: 2, payload: PAYLOAD },
};
const V6: Ipv6Packet = {
  kind: 'ipv6',
  src: 1n as Ipv6,
  dst: 2n as Ipv6,
  hopLimit: 64,
  trafficClass: 0,
  flowLabel: 0,
  proto: 17,
  body: { kind: 'udp', srcPort: 1, dstPort: 2, payload: PAYLOAD },
};

describe('fragments', () => {
  test('an IPv4 packet of 3028 octets makes three fragments on an MTU of 1500', () => {
    const pieces = fragmentIpv4(V4, 1500);
    expect(pieces.map((piece) => [piece.fragOffset, l3Bytes(piece), piece.mf])).toEqual([
      [0, 1500, true],
      [1480, 1500, true],
      [2960, 68, false],
    ]);
    expect(reassembleIpv4([...pieces].reverse())).toEqual({ ok: true, value: V4 });
  });

  test('fragments of fragments join too', () => {
    const pieces = fragmentIpv4(V4, 1500).flatMap((piece) => fragmentIpv4(piece, 576));
    expect(reassembleIpv4(pieces)).toEqual({ ok: true, value: V4 });
  });

  test('a missing piece leaves the set incomplete', () => {
    const [first, , last] = fragmentIpv4(V4, 1500);
    expect(reassembleIpv4([first, last].filter((piece) => piece !== undefined))).toEqual({
      ok: false,
      error: { code: 'wire/incomplete' },
    });
  });

  test('an IPv6 packet makes fragments with the Fragment header', () => {
    const pieces = fragmentIpv6(V6, 1500, 9);
    expect(pieces.map((piece) => [piece.fragment, l3Bytes(piece)])).toEqual([
      [{ id: 9, offset: 0, more: true }, 1496],
      [{ id: 9, offset: 1448, more: true }, 1496],
      [{ id: 9, offset: 2896, more: false }, 160],
    ]);
    expect(reassembleIpv6(pieces)).toEqual({ ok: true, value: V6 });
  });
});
