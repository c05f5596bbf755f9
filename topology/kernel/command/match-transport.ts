import { ICMP4_NAMES, ICMP6_NAMES, type IcmpName } from '../../wire/index.js';
import type { Match, PortRange } from '../ops.js';
import { type Extension, type ExtensionOption, inverted, readIntegerRange } from './extension.js';
import { parsePortRange, portOf } from './match-header.js';
import { SCTP_CHUNKS, TCP_FLAG_NAMES } from './names.js';
import { type MatchMaker, MULTI_PORTS, PORT_PROTOS, type RuleDraft } from './rule-draft.js';
import type { Words } from './words.js';

/**
 * Extensions of the transport protocols: tcp, udp, sctp, dccp, icmp, icmp6, multiport, tcpmss.
 *
 * Fidelity: DCCP's types and options are not read.
 */
export const TRANSPORT_MATCHES: Readonly<Record<string, MatchMaker>> = {
  tcp: (draft) => tcp(draft),
  udp: (draft) => ports(draft, 'udp', 17),
  sctp: (draft) => sctp(draft),
  dccp: (draft) => ports(draft, 'dccp', 33),
  multiport,
  tcpmss: () => tcpmss(),
};

/** The extensions that one family alone has. */
export const ICMP_MATCHES: Readonly<Record<'ipv4' | 'ipv6', Readonly<Record<string, MatchMaker>>>> =
  {
    ipv4: { icmp: () => icmp('icmp', 'icmp-type', ICMP4_NAMES, 'ICMP') },
    ipv6: {
      icmp6: () => icmp('icmp6', 'icmpv6-type', ICMP6_NAMES, 'ICMPv6'),
      icmpv6: () => icmp('icmp6', 'icmpv6-type', ICMP6_NAMES, 'ICMPv6'),
      'ipv6-icmp': () => icmp('icmp6', 'icmpv6-type', ICMP6_NAMES, 'ICMPv6'),
    },
  };

interface PortsDraft {
  sport?: Match;
  dport?: Match;
}

/** A range as `--dport` takes it, with the words of each mistake. */
function readPorts(words: Words): PortRange {
  const text = words.take();
  const range = parsePortRange(text);
  if (!range.ok) words.bad(text, range.error, 'a port from 0 to 65535, a service, or FIRST:LAST');
  return range.ok ? range.value : { from: 0, to: 0 };
}

function portOptions(into: PortsDraft): Extension<unknown>['options'] {
  const once = (side: 'sport' | 'dport', words: Words, invert: boolean): void => {
    const name = side === 'sport' ? '--source-port' : '--destination-port';
    if (into[side] !== undefined) words.bad(name, `Only one \`${name}' allowed`, `one ${name}`);
    const range = readPorts(words);
    into[side] = { match: side, ports: range, ...inverted(invert) };
  };
  const option = (side: 'sport' | 'dport') => ({
    invertible: true,
    multi: true,
    read: (words: Words, invert: boolean) => once(side, words, invert),
  });
  return { 'source-port|sport': option('sport'), 'destination-port|dport': option('dport') };
}

/** Ports that hold for every packet are left out, as iptables-save leaves them out. */
function portMatches({ sport, dport }: PortsDraft): Match[] {
  const kept = [sport, dport].filter((match): match is Match => match !== undefined);
  return kept.filter((match) => {
    if (match.match !== 'sport' && match.match !== 'dport') return true;
    return match.invert === true || match.ports.from > 0 || match.ports.to < 65_535;
  });
}

function orBare(matches: readonly Match[], extension: string): readonly Match[] {
  return matches.length > 0 ? matches : [{ match: 'bare', extension }];
}

/** The kernel takes the extension only behind its protocol. */
function needsProto(words: Words, draft: RuleDraft, name: string, proto: number): void {
  if (draft.proto?.number === proto) return;
  words.bad(`-m ${name}`, `${name.toUpperCase()} match requires '-p ${name}'`, `-p ${name}`);
}

const dccpTypes: ExtensionOption = {
  invertible: true,
  read: (words) => words.unsupported('--dccp-types', '--sport and --dport'),
};

function ports(draft: RuleDraft, name: string, proto: number): Extension<readonly Match[]> {
  const into: PortsDraft = {};
  return {
    name,
    options: {
      ...portOptions(into),
      ...(name === 'dccp' ? { 'dccp-types': dccpTypes, 'dccp-option': dccpTypes } : {}),
    },
    finish: (words) => {
      needsProto(words, draft, name, proto);
      return orBare(portMatches(into), name);
    },
  };
}

function flagBits(words: Words): number {
  const text = words.take();
  let bits = 0;
  for (const name of text.split(',')) {
    const upper = name.toUpperCase();
    if (upper === 'ALL') bits |= 0x3f;
    else if (upper !== 'NONE') {
      const flag = TCP_FLAG_NAMES.find(([known]) => known === upper);
      if (flag === undefined) {
        const known = 'SYN, ACK, FIN, RST, URG, PSH, ALL or NONE';
        words.bad(name, `Unknown TCP flag \`${name}'`, known);
      } else bits |= flag[1];
    }
  }
  return bits;
}

function tcp(draft: RuleDraft): Extension<readonly Match[]> {
  const into: PortsDraft = {};
  let flags: Match | undefined;
  let option: Match | undefined;
  return {
    name: 'tcp',
    options: {
      ...portOptions(into),
      syn: {
        args: 0,
        invertible: true,
        read: (_, invert) => {
          flags = { match: 'tcp-flags', mask: 0x17, set: 0x02, ...inverted(invert) };
        },
      },
      'tcp-flags': {
        args: 2,
        invertible: true,
        read: (words, invert) => {
          const mask = flagBits(words);
          if (!words.more && !words.failed) {
            words.bad('', '--tcp-flags requires two args.', '--tcp-flags MASK SET');
          }
          flags = { match: 'tcp-flags', mask, set: flagBits(words), ...inverted(invert) };
        },
      },
      'tcp-option': {
        invertible: true,
        read: (words, invert) => {
          const text = words.take();
          const number = /^\d+$/.test(text) ? Number(text) : 0;
          if (number < 1 || number > 255) {
            words.bad(text, `Bad TCP option "${text}"`, 'a number from 1 to 255');
          }
          option = { match: 'tcp-option', option: number, ...inverted(invert) };
        },
      },
    },
    finish: (words) => {
      needsProto(words, draft, 'tcp', 6);
      const others = [option, flags].filter((match): match is Match => match !== undefined);
      return orBare([...portMatches(into), ...others], 'tcp');
    },
  };
}

function sctp(draft: RuleDraft): Extension<readonly Match[]> {
  const into: PortsDraft = {};
  let chunks: Match | undefined;
  return {
    name: 'sctp',
    options: {
      ...portOptions(into),
      'chunk-types': {
        args: 2,
        invertible: true,
        read: (words, invert) => {
          const how = words.take();
          if (how !== 'any' && how !== 'all' && how !== 'only') {
            words.bad(how, '--chunk-types requires two args', 'any, all or only');
            return;
          }
          const types: number[] = [];
          for (const name of words.take().split(',')) {
            const known = SCTP_CHUNKS.find(([chunk]) => chunk === name.toUpperCase());
            if (known === undefined) words.bad(name, `Unknown sctp chunk ${name}`, 'such as DATA');
            else types.push(known[1]);
          }
          types.sort((a, b) => a - b);
          chunks = { match: 'sctp-chunks', how, types, ...inverted(invert) };
        },
      },
    },
    finish: (words) => {
      needsProto(words, draft, 'sctp', 132);
      return orBare(
        chunks === undefined ? portMatches(into) : [...portMatches(into), chunks],
        'sctp',
      );
    },
  };
}

function icmp(
  name: string,
  option: string,
  table: readonly IcmpName[],
  label: string,
): Extension<readonly Match[]> {
  let match: Match | undefined;
  return {
    name,
    options: {
      [name === 'icmp' ? option : `${option}|icmp6-type`]: {
        mandatory: true,
        invertible: true,
        read: (words, invert) => {
          const type = readIcmpType(words, table, label);
          if (type !== undefined) match = { match: 'icmp', ...type, ...inverted(invert) };
        },
      },
    },
    finish: () => (match === undefined ? [] : [match]),
  };
}

/** A name, or the beginning of one; else TYPE or TYPE/CODE (libipt_icmp.h). */
function readIcmpType(
  words: Words,
  table: readonly IcmpName[],
  label: string,
): { readonly type: number; readonly code?: number } | undefined {
  const word = words.take();
  if (words.failed) return undefined;
  const begun = [{ name: 'any', type: 255 }, ...table].filter((row: IcmpName) =>
    row.name.toLowerCase().startsWith(word.toLowerCase()),
  );
  const exact = begun.find((row) => row.name.toLowerCase() === word.toLowerCase());
  const [first, second] = begun;
  if (exact === undefined && first !== undefined && second !== undefined) {
    const text = `Ambiguous ${label} type \`${word}': \`${first.name}' or \`${second.name}'?`;
    words.bad(word, text, 'a whole name');
    return undefined;
  }
  const named: IcmpName | undefined = exact ?? first;
  if (named !== undefined) {
    return named.code === undefined ? { type: named.type } : { type: named.type, code: named.code };
  }
  const [typeText = '', codeText] = word.split('/');
  const number = (text: string) =>
    /^\d+$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
  const type = number(typeText);
  const code = codeText === undefined ? undefined : number(codeText);
  if (type === undefined) {
    words.bad(
      word,
      `Unknown ${label} type \`${typeText}'`,
      'a type such as echo-request, 8 or 3/4',
    );
    return undefined;
  }
  if (codeText !== undefined && code === undefined) {
    words.bad(word, `Unknown ${label} code \`${word}'`, 'a type such as echo-request, 8 or 3/4');
  }
  return code === undefined ? { type } : { type, code };
}

function multiport(draft: RuleDraft): Extension<readonly Match[]> {
  let match: Match | undefined;
  const SIDES = {
    'source-ports': 'source',
    'destination-ports': 'destination',
    ports: 'either',
  } as const;
  const option = (name: keyof typeof SIDES) => ({
    invertible: true,
    excludes: Object.keys(SIDES).filter((other) => other !== name),
    read: (words: Words, invert: boolean) => {
      const { proto } = draft;
      if (proto === undefined) {
        const message = "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'";
        words.bad(`--${name}`, message, '-p tcp or -p udp');
      } else if (proto.invert || !PORT_PROTOS.has(proto.number)) {
        const message = 'multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP';
        words.bad(`--${name}`, message, '-p tcp or -p udp');
      }
      const list = readPortList(words);
      match = { match: 'multiport', side: SIDES[name], ports: list, ...inverted(invert) };
    },
  });
  return {
    name: 'multiport',
    options: {
      'source-ports|sports': option('source-ports'),
      'destination-ports|dports': option('destination-ports'),
      ports: option('ports'),
    },
    finish: (words) => {
      if (match === undefined) {
        words.bad(words.peek, 'multiport expection an option', '--sports, --dports or --ports');
      }
      return match === undefined ? [] : [match];
    },
  };
}

function readPortList(words: Words): readonly PortRange[] {
  const text = words.take();
  const list: PortRange[] = [];
  let slots = 0;
  for (const item of text.split(',')) {
    const [low = '', high] = item.split(':');
    const from = portOf(low);
    const to = high === undefined ? from : portOf(high);
    if (from === undefined || to === undefined) {
      const wrong = from === undefined ? low : (high ?? '');
      words.bad(
        item,
        `invalid port/service \`${wrong}' specified`,
        'a port, a service or FIRST:LAST',
      );
      return list;
    }
    if (high !== undefined && from >= to) {
      words.bad(item, 'invalid portrange specified', 'FIRST:LAST, the smaller port first');
    }
    list.push({ from, to });
    slots += high === undefined ? 1 : 2;
  }
  if (slots > MULTI_PORTS) {
    words.bad(text, 'too many ports specified', 'at most 15 ports; a range counts as two');
  }
  return list;
}

function tcpmss(): Extension<readonly Match[]> {
  let match: Match | undefined;
  return {
    name: 'tcpmss',
    options: {
      mss: {
        mandatory: true,
        invertible: true,
        read: (words, invert) => {
          const place = { extension: 'tcpmss', option: 'mss' };
          const { from, to } = readIntegerRange(words, place, 65_535);
          match = { match: 'tcpmss', mss: { from, to }, ...inverted(invert) };
        },
      },
    },
    finish: () => (match === undefined ? [] : [match]),
  };
}
