import { describe, expect, test } from '@jest/globals';
import { Rng, SimClock } from '../../../../../topology/base/index.js';
import {
  formatNftError,
  formatNftErrors,
  kernelError,
  nftOps,
  parseNft,
  printNftRuleset,
} from '../../../../../topology/kernel/command/index.js';
import { Host, Softirq } from '../../../../../topology/kernel/index.js';

function makeHost(): Host {
  const clock = new SimClock();
  return new Host({ name: 'n1', clock, rng: new Rng(1), softirq: new Softirq(clock) });
}

/** Loads a text as `nft -f x.nft` does; gives what nft prints, '' when all went well. */
function load(host: Host, text: string): string {
  const parsed = parseNft(text);
  if (!parsed.ok) return formatNftErrors(parsed.error, text, 'x.nft');
  const applied = host.apply(nftOps(parsed.value));
  if (applied.ok) return '';
  const { index, errno, nft } = applied.error;
  const command = parsed.value[index];
  if (command === undefined || nft === undefined) return applied.error.message;
  return formatNftError(kernelError(nft.errno, nft, command.at), text, 'x.nft') || errno;
}

function list(host: Host): string {
  return printNftRuleset(host.root.netfilter.listNft());
}

describe('the rules of nftables in a namespace', () => {
  test.each([
    [
      'a jump to a chain that is not there',
      'table ip t {\n chain c {\n  jump nowhere\n }\n}\n',
      'x.nft:3:8-14: Error: Could not process rule: No such file or directory\n  jump nowhere\n       ^^^^^^^\n',
    ],
    [
      'a nat chain at a hook without translation',
      'table ip t {\n chain c { type nat hook forward priority 0; }\n}\n',
      'x.nft:2:8-8: Error: Could not process rule: Operation not supported\n chain c { type nat hook forward priority 0; }\n       ^\n',
    ],
    [
      'chains that call each other in a circle',
      'table ip t {\n chain c { jump d; }\n chain d { jump c; }\n chain b { type filter hook input priority 0; jump c; }\n}\n',
      'x.nft:4:47-52: Error: Could not process rule: Too many links\n chain b { type filter hook input priority 0; jump c; }\n                                              ^^^^^^\n',
    ],
    [
      'an element whose verdict goes nowhere',
      'table ip t {\n map s { type ipv4_addr : verdict; elements = { 1.1.1.1 : jump x } }\n}\n',
      'x.nft:2:49-55: Error: Could not process rule: No such file or directory\n map s { type ipv4_addr : verdict; elements = { 1.1.1.1 : jump x } }\n                                                ^^^^^^^\n',
    ],
    [
      'a translation outside nat chains',
      'table ip t {\n chain c {\n  meta l4proto tcp dnat to 1.1.1.1:80\n }\n chain d { type filter hook input priority 0; jump c; }\n}\n',
      'x.nft:5:47-52: Error: Could not process rule: Operation not supported\n chain d { type filter hook input priority 0; jump c; }\n                                              ^^^^^^\n',
    ],
    [
      'a rule for a table that is not there',
      'add rule ip t c accept\n',
      'x.nft:1:13-13: Error: Could not process rule: No such file or directory\nadd rule ip t c accept\n            ^\n',
    ],
    [
      'a table to delete that is not there',
      'delete table ip t\n',
      'x.nft:1:17-17: Error: Could not process rule: No such file or directory\ndelete table ip t\n                ^\n',
    ],
    [
      'a table that must be new',
      'add table ip t\ncreate table ip t\n',
      'x.nft:2:17-17: Error: Could not process rule: File exists\ncreate table ip t\n                ^\n',
    ],
    [
      'a chain in use',
      'add table ip t\nadd chain ip t c\nadd chain ip t d\nadd rule ip t c jump d\ndelete chain ip t d\n',
      'x.nft:5:19-19: Error: Could not process rule: Device or resource busy\ndelete chain ip t d\n                  ^\n',
    ],
    [
      'an element that must be new',
      'add table ip t\nadd set ip t s { type ipv4_addr; }\nadd element ip t s { 1.1.1.1 }\ncreate element ip t s { 1.1.1.1 }\n',
      'x.nft:4:25-31: Error: Could not process rule: File exists\ncreate element ip t s { 1.1.1.1 }\n                        ^^^^^^^\n',
    ],
    [
      'an element to delete that is not there',
      'add table ip t\nadd set ip t s { type ipv4_addr; }\ndelete element ip t s { 1.1.1.1 }\n',
      'x.nft:3:25-31: Error: Could not process rule: No such file or directory\ndelete element ip t s { 1.1.1.1 }\n                        ^^^^^^^\n',
    ],
    [
      'a set that is full',
      'add table ip t\nadd set ip t s { type ipv4_addr; size 1; }\nadd element ip t s { 1.1.1.1, 2.2.2.2 }\n',
      'x.nft:3:31-37: Error: Could not process rule: Too many open files in system\nadd element ip t s { 1.1.1.1, 2.2.2.2 }\n                              ^^^^^^^\n',
    ],
    [
      'a base chain of a family that is not modelled',
      'table bridge t {\n chain c { type filter hook forward priority 0; }\n}\n',
      'x.nft:2:8-8: Error: Could not process rule: Operation not supported\n chain c { type filter hook forward priority 0; }\n       ^\n',
    ],
  ])('refuse %s, and nothing of the text is kept', (_what, text, printed) => {
    const host = makeHost();
    load(host, 'add table ip6 kept\n');
    const before = list(host);
    expect(load(host, text)).toBe(printed);
    expect(list(host)).toBe(before);
  });
});
