import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Rng, SimClock } from '../../../../../topology/base/index.js';
import {
  formatNftErrors,
  nftOps,
  parseNft,
  printNftOp,
  printNftRuleset,
} from '../../../../../topology/kernel/command/index.js';
import { Host, Softirq } from '../../../../../topology/kernel/index.js';

const FIXTURES = new URL('../../../../fixture/linux/nft/', import.meta.url);

function fixture(name: string): string {
  return readFileSync(new URL(name, FIXTURES), 'utf8');
}

function loaded(text: string): Host {
  const clock = new SimClock();
  const host = new Host({ name: 'n1', clock, rng: new Rng(1), softirq: new Softirq(clock) });
  const parsed = parseNft(text, { findSet: () => undefined });
  if (!parsed.ok) throw new Error(formatNftErrors(parsed.error, text));
  const applied = host.apply(nftOps(parsed.value));
  if (!applied.ok) throw new Error(applied.error.message);
  return host;
}

describe('a rule set of nft', () => {
  test.each(['statements', 'families', 'intervals', 'kube-proxy'])(
    'is listed as nft 1.0.6 lists it: %s',
    (name) => {
      const host = loaded(fixture(`${name}.nft`));
      expect(printNftRuleset(host.root.netfilter.listNft())).toBe(fixture(`${name}.list`));
    },
  );

  test.each(['statements', 'families', 'intervals', 'kube-proxy'])(
    'is read again from its list: %s',
    (name) => {
      const host = loaded(fixture(`${name}.list`));
      expect(printNftRuleset(host.root.netfilter.listNft())).toBe(fixture(`${name}.list`));
    },
  );

  test.each(['statements', 'families', 'intervals', 'kube-proxy'])(
    'is read again from the commands of its ops: %s',
    (name) => {
      const parsed = parseNft(fixture(`${name}.nft`));
      const commands = parsed.ok ? nftOps(parsed.value).map(printNftOp).join('\n') : '';
      const host = loaded(commands);
      expect(printNftRuleset(host.root.netfilter.listNft())).toBe(fixture(`${name}.list`));
    },
  );
});

describe('a text that nft refuses', () => {
  test.each([
    [
      'table ip t {\n chain c {\n  ip saddr 10.0.0.300 accept\n }\n}\n',
      'x.nft:3:12-21: Error: Could not resolve hostname: Name or service not known\n  ip saddr 10.0.0.300 accept\n           ^^^^^^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  foo bar\n }\n}\n',
      'x.nft:3:3-5: Error: No symbol type information\n  foo bar\n  ^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  tcp dport htp accept\n }\n}\n',
      'x.nft:3:13-15: Error: Could not resolve service: Servname not supported for ai_socktype\n  tcp dport htp accept\n            ^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  ip saddr @nos accept\n }\n}\n',
      'x.nft:3:12-15: Error: No such file or directory\n  ip saddr @nos accept\n           ^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  ip saddr\n }\n}\n',
      'x.nft:3:11-11: Error: syntax error, unexpected newline\n  ip saddr\n          ^\n',
    ],
    [
      'table ip t {\n chain c {\n  accept drop\n }\n}\n',
      'x.nft:3:10-13: Error: Statement after terminal statement has no effect\n  accept drop\n  ~~~~~~ ^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  tcp dport 70000 accept\n }\n}\n',
      'x.nft:3:13-17: Error: Service out of range\n  tcp dport 70000 accept\n            ^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  ip6 saddr ::1 accept\n }\n}\n',
      'x.nft:3:3-11: Error: conflicting protocols specified: ip vs. ip6\n  ip6 saddr ::1 accept\n  ^^^^^^^^^\n',
    ],
    [
      'table ip t {\n set s { type ipv4_addr; elements = { 10.0.0.0/8 } }\n}\n',
      "x.nft:2:39-48: Error: You must add 'flags interval' to your set declaration if you want to add prefix elements\n set s { type ipv4_addr; elements = { 10.0.0.0/8 } }\n                                      ^^^^^^^^^^\n",
    ],
    [
      'table ip t {\n set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 10.1.0.0/16 } }\n}\n',
      'x.nft:2:67-77: Error: conflicting intervals specified\n set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 10.1.0.0/16 } }\n                                                      ~~~~~~~~~~  ^^^^^^^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  dnat to 1.1.1.1:80\n }\n}\n',
      'x.nft:3:19-20: Error: transport protocol mapping is only valid after transport protocol match\n  dnat to 1.1.1.1:80\n  ~~~~            ^^\n',
    ],
    [
      'add table ip t\nadd element ip t nos { 1.1.1.1 }\n',
      'x.nft:2:18-20: Error: No such file or directory\nadd element ip t nos { 1.1.1.1 }\n                 ^^^\n',
    ],
    [
      'add foo bar\n',
      'x.nft:1:12-12: Error: syntax error, unexpected newline\nadd foo bar\n           ^\n',
    ],
    [
      'add table ip\n',
      'x.nft:1:13-13: Error: syntax error, unexpected newline, expecting string\nadd table ip\n            ^\n',
    ],
    [
      'foo\n',
      'x.nft:1:4-4: Error: syntax error, unexpected newline, expecting string\nfoo\n   ^\n',
    ],
    [
      'table ip t {\n chain c {\n  tcp dport accept\n }\n}\n',
      'x.nft:3:13-18: Error: syntax error, unexpected accept\n  tcp dport accept\n            ^^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  ct state bogus accept\n }\n}\n',
      'x.nft:3:12-16: Error: Could not parse conntrack state\n  ct state bogus accept\n           ^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  meta l4proto bogus accept\n }\n}\n',
      'x.nft:3:16-20: Error: Could not resolve protocol name\n  meta l4proto bogus accept\n               ^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  reject with icmp type bogus\n }\n}\n',
      'x.nft:3:25-29: Error: Could not parse icmp code\n  reject with icmp type bogus\n                        ^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  limit rate 10/foo\n }\n}\n',
      'x.nft:3:17-19: Error: syntax error, unexpected string\n  limit rate 10/foo\n                ^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  jump\n }\n}\n',
      "x.nft:3:7-7: Error: syntax error, unexpected newline, expecting '{'\n  jump\n      ^\n",
    ],
    [
      'table ip t {\n chain c { type filter hook foo priority 0; }\n}\n',
      'x.nft:2:29-31: Error: unknown chain hook\n chain c { type filter hook foo priority 0; }\n                            ^^^\n',
    ],
    [
      'table ip t {\n chain c { type foo hook input priority 0; }\n}\n',
      'x.nft:2:17-19: Error: unknown chain type\n chain c { type foo hook input priority 0; }\n                ^^^\n',
    ],
    [
      'table ip t {\n chain c { type filter hook input priority bogus; }\n}\n',
      'x.nft:2:35-48: Error: invalid priority expression value in this context.\n chain c { type filter hook input priority bogus; }\n                                  ^^^^^^^^^^^^^^\n',
    ],
    [
      'table ip t {\n chain c { type filter hook input priority 0; policy reject; }\n}\n',
      "x.nft:2:54-59: Error: syntax error, unexpected reject, expecting accept or drop or '$'\n chain c { type filter hook input priority 0; policy reject; }\n                                                     ^^^^^^\n",
    ],
    [
      'table ip t {\n set s { flags interval; }\n}\n',
      'x.nft:2:6-6: Error: set definition does not specify key\n set s { flags interval; }\n     ^\n',
    ],
    [
      'table ip t {\n chain c {\n  ip saddr 10.0.0.0/33 accept\n }\n}\n',
      'x.nft:3:12-22: Error: Prefix length 33 is invalid for type of 32 bits width\n  ip saddr 10.0.0.0/33 accept\n           ^^^^^^^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  tcp dport 90-80 accept\n }\n}\n',
      'x.nft:3:13-17: Error: Range has zero or negative size\n  tcp dport 90-80 accept\n            ^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  ip daddr . tcp dport vmap { 1.1.1.1 : accept }\n }\n}\n',
      'x.nft:3:31-37: Error: invalid data type, expected concatenation of (IPv4 address, internet network service)\n  ip daddr . tcp dport vmap { 1.1.1.1 : accept }\n                              ^^^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  tcp dport $X accept\n }\n}\n',
      "x.nft:3:14-14: Error: unknown identifier 'X'\n  tcp dport $X accept\n             ^\n",
    ],
    [
      'table ip t {\n chain c {\n  meta mark set\n }\n}\n',
      'x.nft:3:16-16: Error: syntax error, unexpected newline\n  meta mark set\n               ^\n',
    ],
    [
      'table ip t {\n chain c {\n  ip saddr 1.1.1.1 1.1.1.2\n }\n}\n',
      'x.nft:3:27-27: Error: syntax error, unexpected newline\n  ip saddr 1.1.1.1 1.1.1.2\n                          ^\n',
    ],
    [
      'table ip t {\n chain c {\n  icmp type bogus\n }\n}\n',
      'x.nft:3:13-17: Error: Could not parse ICMP type\n  icmp type bogus\n            ^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  meta nfproto ipv4 accept\n }\n}\n',
      'x.nft:3:3-14: Error: meta nfproto is only useful in the inet family\n  meta nfproto ipv4 accept\n  ^^^^^^^^^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  dnat to fd00::1\n }\n}\n',
      'x.nft:3:11-17: Error: Could not resolve hostname: Address family for hostname not supported\n  dnat to fd00::1\n          ^^^^^^^\n',
    ],
    [
      'table inet t {\n chain c {\n  dnat to 1.1.1.1\n }\n}\n',
      'x.nft:3:3-6: Error: ip or ip6 must be specified with address for inet tables.\n  dnat to 1.1.1.1\n  ^^^^\n',
    ],
    [
      'table ip t {\n chain c {\n  update @nos { ip saddr }\n }\n}\n',
      'x.nft:3:10-13: Error: No such file or directory\n  update @nos { ip saddr }\n         ^^^^\n',
    ],
    [
      'add rule ip t c\n',
      'x.nft:1:16-16: Error: syntax error, unexpected newline\nadd rule ip t c\n               ^\n',
    ],
    [
      'delete rule ip t c\n',
      'x.nft:1:19-19: Error: syntax error, unexpected newline, expecting handle\ndelete rule ip t c\n                  ^\n',
    ],
  ])('is refused with the words and marks of nft 1.0.6: %j', (text, printed) => {
    const parsed = parseNft(text, { findSet: () => undefined });
    expect(parsed.ok ? '' : formatNftErrors(parsed.error, text, 'x.nft')).toBe(printed);
  });
});
