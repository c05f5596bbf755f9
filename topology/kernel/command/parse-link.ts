import type { Result } from '../../base/index.js';
import type { FdbOp, KernelOp } from '../ops.js';
import { takeOnOff, takePortOptions } from './bridge-port-words.js';
import { garbage, type IpContext, inNetns, takeName, takeNetns, takeVerb } from './ip-words.js';
import { type LinkAttributes, takeAttribute, takeMac, takeMtu } from './link-attributes.js';
import { LINK_TYPES, skipBridgeOptions, takeSpec } from './parse-link-type.js';
import type { CommandError, Words } from './words.js';

/** Reads what follows `ip link`. */
export function parseLink(
  words: Words,
  context: IpContext,
): Result<readonly KernelOp[], CommandError> {
  const verb = takeVerb(words, 'link', {
    changes: ['add', 'set', 'change', 'replace', 'delete'],
    shows: ['show', 'list', 'lst', 'property', 'xstats', 'afstats', 'help'],
  });
  switch (verb) {
    case 'add':
    case 'replace':
      return parseAdd(words, context);
    case 'set':
    case 'change':
      return parseSet(words, context);
    case 'delete': {
      words.skip('dev');
      const name = takeName(words);
      if (words.skip('type')) words.take();
      if (words.more) words.bad(words.peek, garbage(words.peek, 'dev'), 'the end of the line');
      return words.result([{ op: 'link.del', ...inNetns(context), name }]);
    }
    case undefined:
      return words.result([]);
  }
}

function parseAdd(words: Words, context: IpContext): Result<readonly KernelOp[], CommandError> {
  const attributes: LinkAttributes = {};
  while (words.more && words.peek !== 'type') {
    if (takeAttribute(words, attributes)) continue;
    words.skip('dev');
    if (attributes.name !== undefined)
      words.bad(words.peek, garbage(words.peek, 'name'), `type ${LINK_TYPES}`);
    attributes.name = takeName(words);
  }
  const message = 'Not enough information: "type" argument is required';
  if (!words.skip('type')) {
    words.fail({ code: 'command/incomplete', message, near: '', expected: `type ${LINK_TYPES}` });
  }
  const extra: FdbOp[] = [];
  const place =
    attributes.netns === undefined ? inNetns(context) : inNetns({ netns: attributes.netns });
  const name = attributes.name ?? '';
  const spec = takeSpec(words, { attributes, name, place, extra });
  if (name === '' && !words.failed) {
    const missing = 'Not enough information: "name" argument is required.';
    words.fail({ code: 'command/incomplete', message: missing, near: '', expected: 'name DEV' });
  }
  const { mac, mtuBytes } = attributes;
  const op: KernelOp = {
    op: 'link.add',
    ...place,
    name,
    spec,
    ...(mac === undefined ? {} : { mac }),
    ...(mtuBytes === undefined ? {} : { mtuBytes }),
  };
  const up: readonly KernelOp[] =
    attributes.up === true ? [{ op: 'link.set', ...place, name, up: true }] : [];
  return words.result([op, ...extra, ...up]);
}

function parseSet(words: Words, context: IpContext): Result<readonly KernelOp[], CommandError> {
  words.skip('dev');
  const name = takeName(words);
  const change: {
    -readonly [K in keyof Extract<KernelOp, { op: 'link.set' }>]?: Extract<
      KernelOp,
      { op: 'link.set' }
    >[K];
  } = {};
  const slave: { hairpin?: boolean; isolated?: boolean; learning?: boolean; state?: number } = {};
  while (words.more) {
    const word = words.take();
    switch (word) {
      case 'up':
        change.up = true;
        break;
      case 'down':
        change.up = false;
        break;
      case 'mtu':
        change.mtuBytes = takeMtu(words);
        break;
      case 'address': {
        const mac = takeMac(words);
        if (mac !== undefined) change.mac = mac;
        break;
      }
      case 'master':
        change.master = takeName(words);
        break;
      case 'nomaster':
        change.master = null;
        break;
      case 'promisc':
        change.promisc = takeOnOff(words, word);
        break;
      case 'netns':
        change.toNetns = takeNetns(words);
        break;
      case 'name':
        change.rename = takeName(words);
        break;
      case 'type': {
        const type = words.need('bridge_slave');
        if (type === 'bridge_slave') takePortOptions(words, slave);
        else if (type === 'bridge') skipBridgeOptions(words);
        else words.unsupported(`type ${type}`, 'type bridge_slave');
        break;
      }
      case 'arp':
      case 'multicast':
      case 'allmulticast':
      case 'alias':
      case 'group':
      case 'vf':
      case 'xdp':
      case 'txqueuelen':
        words.unsupported(word, 'up, down, mtu, address, master, nomaster, promisc, netns or name');
        break;
      default:
        words.bad(
          word,
          garbage(word, 'dev'),
          'up, down, mtu, address, master, promisc, netns or name',
        );
    }
  }
  const ops: KernelOp[] = [];
  if (Object.keys(change).length > 0)
    ops.push({ op: 'link.set', ...inNetns(context), name, ...change });
  if (Object.keys(slave).length > 0)
    ops.push({ op: 'bridge.port', ...inNetns(context), name, ...slave });
  return words.result(ops);
}
