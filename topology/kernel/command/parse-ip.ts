import type { Result } from '../../base/index.js';
import type { KernelOp } from '../ops.js';
import { findIpObject } from './ip-object.js';
import { garbage, type IpContext, takeNetns, takeVerb } from './ip-words.js';
import { parseAddr, parseNeigh } from './parse-addr.js';
import { parseLink } from './parse-link.js';
import { parseRoute, parseRule } from './parse-route.js';
import { type CommandError, Words } from './words.js';

/**
 * Reads the words of an `ip` command after `ip`, abbreviations as iproute2 takes them. `ip netns exec`
 * is `parseCommand`'s.
 */
export function parseIpCommand(
  args: readonly string[],
  netns?: string,
): Result<readonly KernelOp[], CommandError> {
  const words = new Words(args);
  const context = parseOptions(words, netns);
  const object = words.need(
    'link, addr, route, rule, neigh or netns',
    'Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }',
  );
  if (words.failed) return words.result([]);
  switch (findIpObject(object)) {
    case 'link':
      return parseLink(words, context);
    case 'address':
      return parseAddr(words, context);
    case 'route':
      return parseRoute(words, context);
    case 'rule':
      return parseRule(words, context);
    case 'neighbor':
    case 'neighbour':
      return parseNeigh(words, context);
    case 'netns':
      return parseNetns(words);
    case 'help':
    case undefined:
      words.bad(
        object,
        `Object "${object}" is unknown, try "ip help".`,
        'link, addr, route, rule, neigh or netns',
      );
      return words.result([]);
    default:
      words.unsupported(object, 'link, addr, route, rule, neigh or netns');
      return words.result([]);
  }
}

function parseOptions(words: Words, outer: string | undefined): IpContext {
  let netns = outer;
  let family: 'ipv4' | 'ipv6' | undefined;
  while (words.peek.startsWith('-')) {
    const word = words.take().replace(/^--/, '-');
    if (word === '-4') family = 'ipv4';
    else if (word === '-6') family = 'ipv6';
    else if (word === '-n' || '-netns'.startsWith(word)) netns = takeNetns(words);
    else if (word === '-f' || word === '-family') {
      family = words.need('inet or inet6') === 'inet6' ? 'ipv6' : 'ipv4';
    } else if (
      !/^-(d|details|s|stats|statistics|o|oneline|j|json|p|pretty|br|brief|c|color|t|r|N)$/.test(
        word,
      )
    ) {
      words.bad(word, `Option "${word}" is unknown, try "ip -help".`, '-n NETNS, -4 or -6');
    }
  }
  return { ...(netns === undefined ? {} : { netns }), ...(family === undefined ? {} : { family }) };
}

function parseNetns(words: Words): Result<readonly KernelOp[], CommandError> {
  const verb = takeVerb(words, 'netns', {
    changes: ['add', 'delete', 'attach'],
    shows: ['list', 'show', 'lst', 'identify', 'pids', 'monitor', 'list-id'],
  });
  if (verb === undefined) return words.result([]);
  const name = words.need('a name', 'No netns name specified');
  if (verb === 'attach') {
    const pid = words.number('pid', 1, 4_194_304);
    return words.result([{ op: 'netns.attach', name, pid }]);
  }
  const expected = 'one name';
  if (words.more) words.bad(words.peek, garbage(words.peek, 'name'), expected);
  return words.result([{ op: verb === 'add' ? 'netns.add' : 'netns.del', name }]);
}
