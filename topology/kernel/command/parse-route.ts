import {
  type Cidr,
  cidrOf,
  formatIp,
  type Ip,
  isCidr4,
  isIpv4,
  parseCidr,
  parseIp,
  parseIpWithPrefix,
} from '../../addr/index.js';
import { ok, type Result } from '../../base/index.js';
import type { KernelOp, RouteType, RuleAction } from '../ops.js';
import { garbage, type IpContext, inNetns, takeIp, takeName, takeVerb } from './ip-words.js';
import { findRouteTable, ROUTE_TYPES } from './names.js';
import { type ScopeName, takeScope } from './parse-addr.js';
import { type CommandError, type Words, wholeNumber } from './words.js';

/** Reads what follows `ip route`. `change` is read as `replace`. */
export function parseRoute(
  words: Words,
  context: IpContext,
): Result<readonly KernelOp[], CommandError> {
  const verb = takeVerb(words, 'route', {
    changes: ['add', 'change', 'replace', 'delete', 'append', 'prepend', 'flush'],
    shows: ['list', 'show', 'lst', 'get', 'save', 'showdump', 'test'],
  });
  if (verb === undefined) return words.result([]);
  if (verb === 'append' || verb === 'prepend' || verb === 'flush') {
    words.unsupported(verb, 'add, replace or del');
    return words.result([]);
  }
  let type: RouteType | undefined;
  let dst: string | undefined;
  let via: Ip | undefined;
  let dev: string | undefined;
  let src: Ip | undefined;
  let metric: number | undefined;
  let mtuBytes: number | undefined;
  let scope: ScopeName | undefined;
  let table: number | undefined;
  let onlink = false;
  let across = false;
  let proto: string | undefined;
  while (words.more) {
    const word = words.take();
    const asType = ROUTE_TYPES.find((name) => name === word);
    if (asType !== undefined) type = asType;
    else if (word === 'via') {
      across = words.skip('inet6');
      if (!across) words.skip('inet');
      via = takeIp(words);
    } else if (word === 'dev' || word === 'oif') dev = takeName(words);
    else if (word === 'src') src = takeIp(words);
    else if (word === 'metric' || word === 'priority' || word === 'preference') {
      metric = takeMetric(words);
    } else if (word === 'mtu') {
      words.skip('lock');
      mtuBytes = words.number('mtu', 0, 65_535);
    } else if (word === 'onlink') onlink = true;
    else if (word === 'scope') scope = takeScope(words);
    else if (word === 'table') table = takeTable(words, '"table" value is invalid');
    else if (word === 'proto' || word === 'protocol') proto = takeProto(words);
    else if (
      /^(nexthop|nhid|encap|advmss|rtt|window|tos|dsfield|realms|initcwnd|pref|expires)$/.test(word)
    ) {
      words.unsupported(word, 'via, dev, src, metric, mtu, scope, table or onlink');
    } else {
      const prefix = word === 'to' ? words.need('a prefix or default') : word;
      if (dst !== undefined)
        words.bad(prefix, garbage(prefix), 'via, dev, src, metric, scope or table');
      dst = prefix;
    }
  }
  const family = context.family ?? familyHint([via, src]);
  const block = readPrefix(words, dst, family);
  const bare = via === undefined && dev === undefined;
  if (bare && (type === undefined || type === 'unicast') && verb !== 'delete' && !words.failed) {
    // What the kernel says to a unicast route without a next hop or device.
    const message = 'RTNETLINK answers: No such device';
    words.fail({
      code: 'command/incomplete',
      message,
      near: '',
      expected: 'via ADDRESS or dev DEV',
    });
  }
  if (block === undefined) return words.result([]);
  if (via !== undefined && !across && isIpv4(via) !== isCidr4(block)) {
    const wanted = isCidr4(block) ? 'inet' : 'inet6';
    const message = `Error: ${wanted} address is expected rather than "${formatIp(via)}".`;
    words.bad(formatIp(via), message, `an address of ${wanted}`);
  }
  return words.result([
    {
      op: verb === 'add' ? 'route.add' : verb === 'delete' ? 'route.del' : 'route.replace',
      ...inNetns(context),
      dst: block,
      ...(type === undefined ? {} : { type }),
      ...(via === undefined ? {} : { via }),
      ...(dev === undefined ? {} : { dev }),
      ...(src === undefined ? {} : { src }),
      ...(metric === undefined ? {} : { metric }),
      ...(mtuBytes === undefined ? {} : { mtuBytes }),
      ...(onlink ? { onlink } : {}),
      ...(scope === undefined ? {} : { scope }),
      ...(table === undefined ? {} : { table }),
      ...(proto === undefined ? {} : { proto }),
    },
  ]);
}

/**
 * Reads what follows `ip rule`.
 *
 * Fidelity: without a priority Linux takes one below the lowest in use; here it is always 32765, the
 * first that Linux would take.
 */
export function parseRule(
  words: Words,
  context: IpContext,
): Result<readonly KernelOp[], CommandError> {
  const verb = takeVerb(words, 'rule', {
    changes: ['add', 'delete', 'flush'],
    shows: ['list', 'show', 'lst', 'save'],
  });
  if (verb === undefined) return words.result([]);
  if (verb === 'flush') {
    words.unsupported('flush', 'ip rule del for each rule');
    return words.result([]);
  }
  let priority = 32_765;
  let from: Cidr | undefined;
  let to: Cidr | undefined;
  let fwmark: number | undefined;
  let fwmask: number | undefined;
  let iif: string | undefined;
  let oif: string | undefined;
  let not = false;
  let action: RuleAction | undefined;
  let suppressPrefixLength: number | undefined;
  let table = 254;
  while (words.more) {
    const word = words.take();
    if (word === 'from') from = takeSelector(words, context);
    else if (word === 'to') to = takeSelector(words, context);
    else if (word === 'fwmark') {
      const text = words.need('a mark, or MARK/MASK');
      const [mark = '', mask] = text.split('/');
      fwmark = wholeNumber(mark);
      fwmask = mask === undefined ? undefined : wholeNumber(mask);
      if (fwmark === undefined || (mask !== undefined && fwmask === undefined)) {
        words.bad(
          text,
          `Error: argument "${text}" is wrong: fwmark value is invalid`,
          'a mark, or MARK/MASK',
        );
      }
    } else if (word === 'iif' || word === 'dev') iif = takeName(words);
    else if (word === 'oif') oif = takeName(words);
    else if (word === 'not') not = true;
    else if (word === 'unreachable' || word === 'prohibit' || word === 'blackhole') action = word;
    else if (word === 'suppress_prefixlength' || word === 'sup_pl') {
      suppressPrefixLength = words.number('suppress_prefixlength', 0, 0x7fffffff);
    } else if (word === 'table' || word === 'lookup') table = takeTable(words, 'invalid table ID');
    else if (word === 'priority' || word === 'preference' || word === 'pref' || word === 'order') {
      priority = words.number('preference', 0, 0xffffffff);
    } else if (
      /^(tos|dsfield|type|nat|goto|l3mdev|uidrange|ipproto|sport|dport|suppress_ifgroup)$/.test(
        word,
      )
    ) {
      words.unsupported(word, 'from, to, fwmark, iif, oif, table or priority');
    } else words.bad(word, garbage(word, 'table'), 'from, to, fwmark, iif, table or priority');
  }
  return words.result([
    {
      op: verb === 'add' ? 'rule.add' : 'rule.del',
      ...inNetns(context),
      ...(context.family === 'ipv6' ? { family: context.family } : {}),
      priority,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(fwmark === undefined ? {} : { fwmark }),
      ...(fwmask === undefined ? {} : { fwmask }),
      ...(iif === undefined ? {} : { iif }),
      ...(oif === undefined ? {} : { oif }),
      ...(not ? { not } : {}),
      ...(action === undefined ? {} : { action }),
      ...(suppressPrefixLength === undefined ? {} : { suppressPrefixLength }),
      table,
    },
  ]);
}

/** Names of /etc/iproute2/rt_protos. */
const PROTOCOLS: readonly string[] = [
  'unspec',
  'redirect',
  'kernel',
  'boot',
  'static',
  'gated',
  'ra',
  'mrt',
  'zebra',
  'bird',
  'dnrouted',
  'xorp',
  'ntk',
  'dhcp',
  'keepalived',
  'babel',
  'openr',
  'bgp',
  'isis',
  'ospf',
  'rip',
  'eigrp',
];

/** `boot` is what a route has by itself. */
function takeProto(words: Words): string | undefined {
  const word = words.need('kernel, boot or static');
  if (PROTOCOLS.includes(word)) return word === 'boot' ? undefined : word;
  const value = wholeNumber(word);
  if (value === undefined || value > 255) {
    const message = `Error: argument "${word}" is wrong: "protocol" value is invalid\n`;
    words.bad(word, message, 'kernel, boot or static');
  }
  return word;
}

function takeMetric(words: Words): number {
  const word = words.need('a number');
  const value = wholeNumber(word);
  if (value === undefined || value > 0xffffffff) {
    const message = `Error: argument "${word}" is wrong: "metric" value is invalid`;
    words.bad(word, message, 'a number from 0 to 4294967295');
  }
  return value ?? 0;
}

function takeTable(words: Words, complaint: string): number {
  const word = words.need('main, local, default or a number');
  const table = findRouteTable(word);
  if (table === undefined) {
    words.bad(
      word,
      `Error: argument "${word}" is wrong: ${complaint}`,
      'main, local, default or a number',
    );
  }
  return table ?? 254;
}

/** `all` selects everything and is the same as nothing. */
function takeSelector(words: Words, context: IpContext): Cidr | undefined {
  const word = words.need('a prefix or all');
  if (word === 'all' || word === 'any') return undefined;
  return readPrefix(words, word, context.family);
}

function readPrefix(
  words: Words,
  text: string | undefined,
  family: 'ipv4' | 'ipv6' | undefined,
): Cidr | undefined {
  if (text === undefined || words.failed) {
    const expected = 'a prefix such as 10.244.1.0/24, or default';
    const message = 'Command line is not complete. Try option "help"';
    if (!words.failed) words.fail({ code: 'command/incomplete', message, near: '', expected });
    return undefined;
  }
  if (text === 'default' || text === 'any' || text === 'all') {
    const any = parseCidr(family === 'ipv6' ? '::/0' : '0.0.0.0/0');
    return any.ok ? any.value : undefined;
  }
  const block = text.includes('/') ? readBlock(text) : hostBlock(text);
  if (block.ok) {
    const found = isCidr4(block.value) ? 'ipv4' : 'ipv6';
    if (family === undefined || family === found) return block.value;
    const wanted = family === 'ipv6' ? 'inet6' : 'inet';
    words.bad(
      text,
      `Error: ${wanted} prefix is expected rather than "${text}".`,
      `a prefix of ${family}`,
    );
    return undefined;
  }
  const message = block.error.includes('host bits')
    ? 'Error: Invalid prefix for given prefix length.'
    : `Error: any valid prefix is expected rather than "${text}".`;
  words.bad(text, message, block.error);
  return undefined;
}

/** The kernel cuts the host bits of an IPv6 prefix off, and refuses those of an IPv4 one. */
function readBlock(text: string): Result<Cidr, string> {
  if (!text.includes(':')) return parseCidr(text);
  const read = parseIpWithPrefix(text);
  return read.ok ? ok(cidrOf(read.value.address, read.value.prefixLength)) : read;
}

function hostBlock(text: string): Result<Cidr, string> {
  const address = parseIp(text);
  if (!address.ok) return address;
  return ok(cidrOf(address.value, isIpv4(address.value) ? 32 : 128));
}

function familyHint(addresses: readonly (Ip | undefined)[]): 'ipv6' | undefined {
  return addresses.some((address) => address !== undefined && !isIpv4(address))
    ? 'ipv6'
    : undefined;
}
