import { describe, expect, test } from '@jest/globals';
import {
  broadcastOf,
  contains,
  formatIp,
  formatMac,
  overlaps,
  parseCidr4,
  parseIp,
  parseIpv4,
  parseMac,
  prefixLengthOfMask,
} from '../../../topology/addr/index.js';

function block(text: string) {
  const parsed = parseCidr4(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function address(text: string) {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe('addresses', () => {
  test.each([
    '0.0.0.0',
    '10.244.1.2',
    '255.255.255.255',
    '::',
    '::1',
    'fd00:10:244::1',
    '2001:db8::5:0:0:1',
  ])('%s is written as it was read', (text) => {
    expect(formatIp(address(text))).toBe(text);
  });

  test.each([
    '10.244.1',
    '10.244.1.256',
    '10.244.1.2/24',
    'abc',
    '',
    '1.2.3.4.5',
    ':::',
    'fe80::1%eth0',
  ])("'%s' is refused", (text) => {
    expect(parseIp(text).ok).toBe(false);
  });

  test('names what an address looks like when it refuses one', () => {
    expect(parseIpv4('10.300.0.1')).toEqual({
      ok: false,
      error: "must be an IPv4 address such as 10.244.1.2, not '10.300.0.1'",
    });
  });

  test('a MAC keeps all 48 bits', () => {
    const parsed = parseMac('fe:ff:ff:00:01:0a');
    expect(parsed.ok && formatMac(parsed.value)).toBe('fe:ff:ff:00:01:0a');
  });

  test.each([
    ['10.244.0.0/16', '10.244.255.255', true],
    ['10.244.0.0/16', '10.245.0.0', false],
    ['0.0.0.0/0', '255.1.2.3', true],
    ['192.168.1.128/25', '192.168.1.127', false],
    ['10.0.0.1/32', '10.0.0.1', true],
    ['10.0.0.0/8', 'fd00::1', false],
  ])('%s contains %s: %s', (range, ip, expected) => {
    expect(contains(block(range), address(ip))).toBe(expected);
  });

  test('two blocks overlap when one lies in the other', () => {
    expect(overlaps(block('10.96.0.0/12'), block('10.100.0.0/24'))).toBe(true);
    expect(overlaps(block('10.96.0.0/12'), block('10.112.0.0/24'))).toBe(false);
  });

  test('the last address of a /24 is its broadcast address', () => {
    expect(formatIp(broadcastOf(block('192.168.50.0/24')))).toBe('192.168.50.255');
  });

  test.each([
    ['255.255.255.0', { ok: true, value: 24 }],
    [
      '255.255.0.255',
      {
        ok: false,
        error: "must be a contiguous netmask such as 255.255.255.0, not '255.255.0.255'",
      },
    ],
  ])('the mask %s is read', (mask, expected) => {
    expect(prefixLengthOfMask(mask)).toEqual(expected);
  });
});
