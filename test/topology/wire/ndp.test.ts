import { describe, expect, test } from '@jest/globals';
import { type Ipv6, type Mac, parseIpv6 } from '../../../topology/addr/index.js';
import {
  type IcmpMessage,
  neighborAdvertisement,
  neighborSolicitation,
  readNeighborMessage,
  readRedirect,
  redirect,
} from '../../../topology/wire/index.js';

const MAC = 0x020000000003 as Mac;

function v6(text: string): Ipv6 {
  const parsed = parseIpv6(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function hex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

describe('neighbour discovery', () => {
  test('asks with the MAC address of the asker as option 1', () => {
    const ns = neighborSolicitation(v6('fd00::3'), { mac: MAC });
    expect([ns.type, ns.code, ns.rest]).toEqual([135, 0, 0]);
    expect(hex(ns.payload)).toBe(`fd00${'0'.repeat(27)}3${'0101020000000003'}`);
  });

  test('asks for duplicates with a nonce as option 14', () => {
    const ns = neighborSolicitation(v6('fe80::3'), { nonce: 0x0102030405 });
    expect(hex(ns.payload.subarray(16))).toBe('0e01000102030405');
    expect(readNeighborMessage(ns)).toEqual({
      target: v6('fe80::3'),
      router: false,
      solicited: false,
      override: false,
      mac: undefined,
      nonce: 0x0102030405,
    });
  });

  test('answers with flags in the top bits and the MAC address as option 2', () => {
    const na = neighborAdvertisement({
      target: v6('fd00::3'),
      router: true,
      solicited: true,
      override: true,
      mac: MAC,
    });
    expect(na.type).toBe(136);
    expect(na.rest).toBe(0xe0000000);
    expect(hex(na.payload.subarray(16))).toBe('0201020000000003');
    expect(readNeighborMessage(na)).toEqual({
      target: v6('fd00::3'),
      router: true,
      solicited: true,
      override: true,
      mac: MAC,
      nonce: undefined,
    });
  });

  test('redirects with the packet in whole words of 8 octets', () => {
    const message = redirect({
      target: v6('fe80::9'),
      dst: v6('fd00::9'),
      mac: MAC,
      quoted: new Uint8Array(45).fill(7),
    });
    expect(message.type).toBe(137);
    expect(message.payload.length).toBe(16 + 16 + 8 + 48);
    const read = readRedirect(message);
    expect(read?.target).toBe(v6('fe80::9'));
    expect(read?.dst).toBe(v6('fd00::9'));
    expect(read?.mac).toBe(MAC);
    expect(read?.quoted).toEqual(new Uint8Array(40).fill(7));
  });

  test('keeps a redirect within 1280 octets', () => {
    const quoted = new Uint8Array(1500);
    const message = redirect({ target: v6('fd00::9'), dst: v6('fd00::9'), mac: MAC, quoted });
    expect(40 + 8 + message.payload.length).toBeLessThanOrEqual(1280);
  });

  test.each<[string, Partial<IcmpMessage>]>([
    ['a target cut short', { payload: new Uint8Array(15) }],
    ['an option without length', { payload: new Uint8Array(24) }],
    ['an option beyond the end', { payload: withOption(2, 8) }],
  ])('does not read a message with %s', (_what, wrong) => {
    const icmp: IcmpMessage = {
      kind: 'icmp',
      type: 135,
      code: 0,
      rest: 0,
      payload: new Uint8Array(16),
      ...wrong,
    };
    expect(readNeighborMessage(icmp)).toBeUndefined();
    expect(readRedirect({ ...icmp, type: 137 })).toBeUndefined();
  });
});

/** A target, then an option that claims more words than octets follow. */
function withOption(words: number, octets: number): Uint8Array {
  const payload = new Uint8Array(16 + octets);
  payload[16] = 1;
  payload[17] = words;
  return payload;
}
