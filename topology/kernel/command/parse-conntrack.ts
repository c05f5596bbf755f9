import type { Result } from '../../base/index.js';
import type { ConntrackOp, KernelOp } from '../ops.js';
import { inNetns, takeIp } from './ip-words.js';
import { PROTO_NAMES } from './names.js';
import { type CommandError, Words, wholeNumber } from './words.js';

/** Reads the words of a `conntrack` command after `conntrack`: `-D` with selectors, and `-F`. */
export function parseConntrackCommand(
  args: readonly string[],
  netns?: string,
): Result<readonly KernelOp[], CommandError> {
  const words = new Words(args);
  const verb = words.need('-D or -F', 'conntrack: You need to supply parameters!');
  const place = inNetns(netns === undefined ? {} : { netns });
  if (/^(-F|--flush)$/.test(verb)) return words.result([{ op: 'conntrack.delete', ...place }]);
  if (/^(-L|--dump|-G|--get|-E|--event|-C|--count|-S|--stats)$/.test(verb)) {
    const message = `conntrack ${verb} shows and changes nothing`;
    words.fail({ code: 'command/read-only', message, near: verb, expected: '-D or -F' });
  } else if (!/^(-D|--delete)$/.test(verb)) words.unsupported(verb, '-D or -F');
  const fields: { -readonly [K in keyof ConntrackOp]?: ConntrackOp[K] } = {};
  while (words.more) {
    const word = words.take();
    if (/^(-p|--proto)$/.test(word)) {
      const name = words.need('tcp, udp, icmp or a number');
      const proto = PROTO_NAMES.find(([known]) => known === name)?.[1] ?? wholeNumber(name);
      if (proto === undefined)
        words.bad(name, `conntrack: \`${name}' unsupported protocol`, 'tcp or udp');
      else fields.proto = proto;
    } else if (/^(-s|--src|--orig-src)$/.test(word)) setIp(words, fields, 'origSrc');
    else if (/^(-d|--dst|--orig-dst)$/.test(word)) setIp(words, fields, 'origDst');
    else if (/^(-r|--reply-src)$/.test(word)) setIp(words, fields, 'replySrc');
    else if (/^(--dport|--orig-port-dst)$/.test(word)) {
      fields.origDstPort = words.number('port', 0, 65_535);
    } else if (/^(-f|--family)$/.test(word)) words.need('ipv4 or ipv6');
    else words.unsupported(word, '-p, -s, -d, --dport or -r');
  }
  return words.result([{ op: 'conntrack.delete', ...place, ...fields }]);
}

function setIp(
  words: Words,
  fields: { -readonly [K in keyof ConntrackOp]?: ConntrackOp[K] },
  name: 'origSrc' | 'origDst' | 'replySrc',
): void {
  const address = takeIp(words);
  if (address !== undefined) fields[name] = address;
}
