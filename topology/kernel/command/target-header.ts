import type { Target } from '../ops.js';
import { type Extension, type ExtensionOption, readInteger } from './extension.js';
import { readDscpClass, readTos } from './match-packet.js';
import type { RuleDraft } from './rule-draft.js';
import type { TargetMaker } from './target-nat.js';
import type { Words } from './words.js';

/** Targets that write into the packet's headers. */
export const HEADER_TARGETS: Readonly<Record<string, TargetMaker>> = {
  TCPMSS: tcpmss,
  TOS: () => tos(),
  DSCP: () => dscp(),
};

/** The targets that one family alone has. */
export const TTL_TARGETS: Readonly<Record<'ipv4' | 'ipv6', Readonly<Record<string, TargetMaker>>>> =
  {
    ipv4: { TTL: () => ttl('TTL', 'ttl') },
    ipv6: { HL: () => ttl('HL', 'hl') },
  };

function tcpmss(draft: RuleDraft): Extension<Target | undefined> {
  // What 65535 leaves when the IP and TCP headers are off.
  const most = draft.family === 'ipv4' ? 65_535 - 40 + 20 : 65_535 - 40;
  let target: Target | undefined;
  return {
    name: 'TCPMSS',
    options: {
      'set-mss': {
        excludes: ['clamp-mss-to-pmtu'],
        read: (words) => {
          const mss = readInteger(words, { extension: 'TCPMSS', option: 'set-mss' }, 0, most);
          target = { target: 'TCPMSS', clampToPmtu: false, mss };
        },
      },
      'clamp-mss-to-pmtu': {
        args: 0,
        excludes: ['set-mss'],
        read: () => {
          target = { target: 'TCPMSS', clampToPmtu: true };
        },
      },
    },
    finish: (words) => {
      if (target === undefined) {
        const message = 'TCPMSS target: At least one parameter is required';
        words.bad(words.peek, message, '--clamp-mss-to-pmtu or --set-mss N');
      }
      return target;
    },
  };
}

function ttl(target: 'TTL' | 'HL', prefix: 'ttl' | 'hl'): Extension<Target | undefined> {
  let made: Target | undefined;
  const HOWS = ['set', 'dec', 'inc'] as const;
  const option = (how: (typeof HOWS)[number]): ExtensionOption => ({
    excludes: HOWS.filter((other) => other !== how).map((other) => `${prefix}-${other}`),
    read: (words) => {
      const place = { extension: target, option: `${prefix}-${how}` };
      made = { target: 'TTL', how, ttl: readInteger(words, place, how === 'set' ? 0 : 1, 255) };
    },
  });
  return {
    name: target,
    options: Object.fromEntries(HOWS.map((how) => [`${prefix}-${how}`, option(how)])),
    finish: (words) => {
      if (made === undefined) {
        words.bad(words.peek, `${target}: You must specify an action`, `--${prefix}-set N`);
      }
      return made;
    },
  };
}

function tos(): Extension<Target | undefined> {
  let target: Target | undefined;
  const bits = (
    option: string,
    reduce: (value: number) => { value: number; mask: number },
  ): ExtensionOption => ({
    read: (words) => {
      const value = readInteger(words, { extension: 'TOS', option }, 0, 255);
      target = { target: 'TOS', ...reduce(value) };
    },
  });
  return {
    name: 'TOS',
    options: {
      'set-tos': {
        read: (words) => {
          const value = readTos(words);
          if (value !== undefined) target = { target: 'TOS', ...value };
        },
      },
      'and-tos': bits('and-tos', (value) => ({ value: 0, mask: ~value & 0xff })),
      'or-tos': bits('or-tos', (value) => ({ value, mask: value })),
      'xor-tos': bits('xor-tos', (value) => ({ value, mask: 0 })),
    },
    finish: (words) => {
      if (target === undefined)
        words.bad(words.peek, 'TOS: An action is required', '--set-tos VALUE');
      return target;
    },
  };
}

function dscp(): Extension<Target | undefined> {
  let target: Target | undefined;
  const option = (other: string, read: (words: Words) => number): ExtensionOption => ({
    excludes: [other],
    read: (words) => {
      target = { target: 'DSCP', dscp: read(words) };
    },
  });
  const place = { extension: 'DSCP', option: 'set-dscp' };
  return {
    name: 'DSCP',
    options: {
      'set-dscp': option('set-dscp-class', (words) => readInteger(words, place, 0, 63)),
      'set-dscp-class': option('set-dscp', readDscpClass),
    },
    finish: (words) => {
      if (target === undefined) {
        words.bad(words.peek, 'DSCP target: Parameter --set-dscp is required', '--set-dscp N');
      }
      return target;
    },
  };
}
