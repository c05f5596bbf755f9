import { describe, expect, test } from '@jest/globals';
import {
  commonPrefix6,
  formatIpv6,
  formatMac,
  type Ipv6,
  isSolicitedNode6,
  linkLocalOf,
  multicastMac6,
  needsLink6,
  parseIpv6,
  parseMac,
  scopeOf6,
  solicitedNode6,
} from '../../../topology/addr/index.js';

function v6(text: string): Ipv6 {
  const parsed = parseIpv6(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe('an IPv6 address', () => {
  test.each([
    ['::1', 2],
    ['fe80::1', 2],
    ['febf::1', 2],
    ['fec0::1', 5],
    ['fd00::1', 14],
    ['2001:db8::1', 14],
    ['ff01::1', 1],
    ['ff02::1', 2],
    ['ff05::2', 5],
    ['ff0e::1', 14],
  ])('%s has scope %i', (text, scope) => {
    expect(scopeOf6(v6(text))).toBe(scope);
  });

  test.each([
    ['::', false],
    ['::1', true],
    ['fe80::9', true],
    ['ff02::1', true],
    ['ff05::2', false],
    ['fd00::1', false],
  ])('%s means something on one link alone: %s', (text, needs) => {
    expect(needsLink6(v6(text))).toBe(needs);
  });

  test('has a group that is asked for it, and the group an Ethernet address', () => {
    const group = solicitedNode6(v6('fd00::a1b2:c3d4'));
    expect(formatIpv6(group)).toBe('ff02::1:ffb2:c3d4');
    expect(formatMac(multicastMac6(group))).toBe('33:33:ff:b2:c3:d4');
    expect(isSolicitedNode6(group)).toBe(true);
    expect(isSolicitedNode6(v6('ff02::1'))).toBe(false);
  });

  test.each([
    ['02:00:00:00:00:07', 'fe80::ff:fe00:7'],
    ['00:11:22:33:44:55', 'fe80::211:22ff:fe33:4455'],
    ['fe:ff:ff:ff:ff:ff', 'fe80::fcff:ffff:feff:ffff'],
  ])('comes from the Ethernet address %s: %s', (mac, address) => {
    const parsed = parseMac(mac);
    expect(parsed.ok && formatIpv6(linkLocalOf(parsed.value))).toBe(address);
  });

  test.each([
    ['fd00::1', 'fd00::1', 128],
    ['fd00::1', 'fd00::2', 126],
    ['fd00::', '2001::', 0],
    ['fd00:1::', 'fd00:2::', 30],
  ])('%s and %s share %3$i leading bits', (a, b, bits) => {
    expect(commonPrefix6(v6(a), v6(b))).toBe(bits);
  });

  test('shows an IPv4 address in it in dotted decimal', () => {
    expect(formatIpv6(v6('::ffff:a01:203'))).toBe('::ffff:10.1.2.3');
  });
});
