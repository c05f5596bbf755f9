import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Ipv4, Ipv6 } from '../../../topology/addr/index.js';
import {
  type DnsMessage,
  describeDns,
  dnsQuery,
  dnsRcodeName,
  emitDns,
  fitDns,
  isDnsName,
  parseDns,
} from '../../../topology/wire/index.js';

const ANSWER: DnsMessage = {
  ...dnsQuery(4242, 'api.default.svc.cluster.local', 1),
  response: true,
  authoritative: true,
  recursionAvailable: true,
  answers: [
    { type: 'A', name: 'api.default.svc.cluster.local', ttl: 5, address: 0x0a600007 as Ipv4 },
    { type: 'AAAA', name: 'api.default.svc.cluster.local', ttl: 5, address: 7n as Ipv6 },
    { type: 'CNAME', name: 'a.example', ttl: 5, target: 'api.default.svc.cluster.local' },
    { type: 'PTR', name: '7.0.96.10.in-addr.arpa', ttl: 5, target: 'a.example' },
    {
      type: 'SRV',
      name: '_http._tcp.a.example',
      ttl: 5,
      priority: 0,
      weight: 100,
      port: 80,
      target: 'a.example',
    },
    { type: 'MX', name: 'a.example', ttl: 5, preference: 10, exchange: 'mail.a.example' },
    { type: 'TXT', name: 'a.example', ttl: 5, texts: ['v=spf1', 'zwölf'] },
    {
      type: 'other',
      name: 'a.example',
      ttl: 5,
      typeCode: 257,
      class: 1,
      octets: Uint8Array.of(1, 2),
    },
  ],
  authorities: [
    { type: 'NS', name: 'cluster.local', ttl: 5, target: 'ns.dns.cluster.local' },
    {
      type: 'SOA',
      name: 'cluster.local',
      ttl: 5,
      mname: 'ns.dns.cluster.local',
      rname: 'hostmaster.cluster.local',
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86400,
      minimum: 5,
    },
  ],
  additionals: [
    {
      type: 'OPT',
      udpPayloadBytes: 1232,
      extendedRcode: 0,
      version: 0,
      dnssecOk: true,
      options: new Uint8Array(0),
    },
  ],
};

describe('DNS messages', () => {
  test('a query for one name has the octets of RFC 1035', () => {
    const hex = [...emitDns(dnsQuery(1, 'a.bc', 1))]
      .map((o) => o.toString(16).padStart(2, '0'))
      .join('');
    expect(hex).toBe('00010100000100000000000001610262630000010001');
    expect(describeDns(dnsQuery(1, 'a.bc', 28))).toBe('1+ AAAA? a.bc.');
  });

  test('an answer with every kind of record reads back as it was', () => {
    expect(parseDns(emitDns(ANSWER))).toEqual({ ok: true, value: ANSWER });
  });

  test('an answer repeats no name it has written', () => {
    const short = {
      ...ANSWER,
      answers: ANSWER.answers.slice(0, 1),
      authorities: [],
      additionals: [],
    };
    expect(emitDns(short)).toHaveLength(12 + 31 + 4 + 16);
    expect(describeDns(short)).toBe('4242* 1/0/0 A 10.96.0.7');
  });

  test('what does not fit is left out and TC is set', () => {
    const octets = fitDns(ANSWER, 120);
    expect(octets.length).toBeLessThanOrEqual(120);
    expect(parseDns(octets)).toMatchObject({
      ok: true,
      value: { truncated: true, additionals: [{ type: 'OPT' }] },
    });
  });

  test('a pointer that points to itself is refused', () => {
    const octets = Uint8Array.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1]);
    expect(parseDns(octets)).toMatchObject({ ok: false, error: { code: 'wire/bad-field' } });
  });

  test('names with too long labels are told apart', () => {
    expect(isDnsName('a'.repeat(63))).toBe(true);
    expect(isDnsName('a'.repeat(64))).toBe(false);
    expect(isDnsName('a..b')).toBe(false);
    expect(dnsRcodeName(3)).toBe('NXDOMAIN');
  });

  test('never throws on arbitrary octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
        expect(typeof parseDns(octets).ok).toBe('boolean');
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});
