import { type Ip, isIpv4, parseIp } from '../../addr/index.js';
import type { PortRange, Target } from '../ops.js';
import type { Extension, ExtensionOption } from './extension.js';
import { parseBlock, portOf } from './match-header.js';
import { PORT_PROTOS, type RuleDraft } from './rule-draft.js';
import type { Words } from './words.js';

/** Makes a fresh reader of a target for one rule. */
export type TargetMaker = (draft: RuleDraft) => Extension<Target | undefined>;

/** Targets of the nat table: DNAT, SNAT, MASQUERADE, REDIRECT, NETMAP. */
export const NAT_TARGETS: Readonly<Record<string, TargetMaker>> = {
  DNAT: (draft) => toAddress(draft, 'DNAT', 'to-destination'),
  SNAT: (draft) => toAddress(draft, 'SNAT', 'to-source'),
  MASQUERADE: (draft) => toPorts(draft, 'MASQUERADE'),
  REDIRECT: (draft) => toPorts(draft, 'REDIRECT'),
  NETMAP: netmap,
};

function needsPorts(words: Words, draft: RuleDraft, near: string): void {
  const { proto } = draft;
  if (proto !== undefined && !proto.invert && PORT_PROTOS.has(proto.number)) return;
  words.bad(near, 'Need TCP, UDP, SCTP or DCCP with port specification', '-p tcp or -p udp');
}

function toAddress(
  draft: RuleDraft,
  target: 'DNAT' | 'SNAT',
  option: string,
): Extension<Target | undefined> {
  let range: NatRange | undefined;
  const flags: { random?: boolean; randomFully?: boolean; persistent?: boolean } = {};
  const flag = (key: keyof typeof flags): ExtensionOption => ({
    args: 0,
    read: () => {
      flags[key] = true;
    },
  });
  return {
    name: target,
    options: {
      [option]: {
        mandatory: true,
        read: (words) => {
          range = readNatRange(words, draft, option);
        },
      },
      random: flag('random'),
      ...(target === 'SNAT' ? { 'random-fully': flag('randomFully') } : {}),
      persistent: flag('persistent'),
    },
    finish: () => (range === undefined ? undefined : { target, ...range, ...flags }),
  };
}

interface NatRange {
  readonly to?: Ip;
  readonly toEnd?: Ip;
  readonly ports?: PortRange;
  readonly basePort?: number;
}

/** Reads `a`, `a-b`, `a:p`, `a-b:p-q`, `:p`, `[v6]:p`, `a:p-q/base`. */
function readNatRange(words: Words, draft: RuleDraft, option: string): NatRange | undefined {
  const text = words.take();
  const six = draft.family === 'ipv6';
  const bracket = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const colon = six
    ? bracket === null && text.startsWith(':') && !text.startsWith('::')
      ? 0
      : -1
    : text.indexOf(':');
  const addresses = bracket?.[1] ?? (colon < 0 ? text : text.slice(0, colon));
  const portText = bracket === null ? (colon < 0 ? undefined : text.slice(colon + 1)) : bracket[2];
  const expected = `${option} ADDRESS[-ADDRESS][:PORT[-PORT]]`;
  const address = (each: string): Ip | undefined => {
    const parsed = parseIp(each);
    if (parsed.ok && isIpv4(parsed.value) !== six) return parsed.value;
    words.bad(text, `Bad IP address "${each}"`, expected);
    return undefined;
  };
  if (!six && text.split(':').length > 2) {
    words.bad(text, `Bad IP address "${text}"`, expected);
    return undefined;
  }
  let ports: { readonly ports?: PortRange; readonly basePort?: number } = {};
  if (portText !== undefined) {
    needsPorts(words, draft, text);
    ports = readNatPorts(words, portText, expected) ?? {};
  }
  if (addresses === '') return ports;
  const [low = '', high] = addresses.split('-');
  const to = address(low);
  const toEnd = high === undefined ? undefined : address(high);
  if (to === undefined) return undefined;
  return { to, ...(toEnd === undefined ? {} : { toEnd }), ...ports };
}

function readNatPorts(
  words: Words,
  text: string,
  expected: string,
): { readonly ports: PortRange; readonly basePort?: number } | undefined {
  const [range = '', base] = text.split('/');
  const [low = '', high] = range.split('-');
  const from = portOf(low);
  const to = high === undefined ? from : portOf(high);
  if (from === undefined || to === undefined) {
    words.bad(text, `Port \`${from === undefined ? low : (high ?? '')}' not valid`, expected);
    return undefined;
  }
  if (from > to) {
    words.bad(text, `Port range \`${text}' funky\n`, 'the smaller port first');
    return undefined;
  }
  const basePort = base === undefined ? undefined : portOf(base);
  return { ports: { from, to }, ...(basePort === undefined ? {} : { basePort }) };
}

function toPorts(
  draft: RuleDraft,
  target: 'MASQUERADE' | 'REDIRECT',
): Extension<Target | undefined> {
  const into: { ports?: PortRange; random?: boolean; randomFully?: boolean } = {};
  return {
    name: target,
    options: {
      'to-ports': {
        read: (words) => {
          const text = words.take();
          needsPorts(words, draft, text);
          const [low = '', high] = text.split('-');
          const from = portOf(low);
          const to = high === undefined ? from : portOf(high);
          if (from === undefined || to === undefined) {
            words.bad(
              text,
              `Port \`${from === undefined ? low : (high ?? '')}' not valid`,
              'PORT[-PORT]',
            );
          } else if (from > to) {
            words.bad(text, `Port range \`${high ?? ''}' funky`, 'the smaller port first');
          } else into.ports = { from, to };
        },
      },
      random: {
        args: 0,
        read: () => {
          into.random = true;
        },
      },
      ...(target === 'MASQUERADE'
        ? {
            'random-fully': {
              args: 0 as const,
              read: () => {
                into.randomFully = true;
              },
            },
          }
        : {}),
    },
    finish: () => ({ target, ...into }),
  };
}

function netmap(draft: RuleDraft): Extension<Target | undefined> {
  let target: Target | undefined;
  return {
    name: 'NETMAP',
    options: {
      to: {
        mandatory: true,
        read: (words) => {
          const text = words.take();
          const block = parseBlock(text, draft.family);
          if (block.ok) target = { target: 'NETMAP', to: block.value };
          else {
            const message = 'getaddrinfo: Temporary failure in name resolution\n';
            words.bad(text, message, 'a network such as 10.2.0.0/16');
          }
        },
      },
    },
    finish: () => target,
  };
}
