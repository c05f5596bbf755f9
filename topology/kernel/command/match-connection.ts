import type { Cidr } from '../../addr/index.js';
import type { ConntrackMatch, CtState, CtStatus, Match, PortRange } from '../ops.js';
import {
  asked,
  badValue,
  type Extension,
  type ExtensionOption,
  inverted,
  parseInteger,
  readInteger,
  readIntegerRange,
  readMark,
} from './extension.js';
import { parseBlock, protoOf } from './match-header.js';
import { CT_STATES, CT_STATUSES } from './names.js';
import type { MatchMaker, RuleDraft } from './rule-draft.js';
import type { Words } from './words.js';

/** Extensions that ask of a packet's connection: conntrack, state, connmark, connbytes, connlimit. */
export const CONNECTION_MATCHES: Readonly<Record<string, MatchMaker>> = {
  conntrack,
  state: () => state(),
  connmark: () => connmark(),
  connbytes: () => connbytes(),
  connlimit,
};

/** A list of words out of a table, in any case, without repetition and in the order of the table. */
function readWords<T extends string>(
  words: Words,
  known: readonly T[],
  what: string,
): readonly T[] {
  const text = words.take();
  const given = text.split(',');
  for (const word of given) {
    if (!known.some((each) => each === word.toUpperCase())) {
      words.bad(word, `Bad ${what} "${word}"`, known.join(', '));
    }
  }
  return known.filter((each) => given.some((word) => word.toUpperCase() === each));
}

type ConntrackDraft = { -readonly [K in keyof ConntrackMatch]: ConntrackMatch[K] };
type Field<T> = {
  [K in keyof ConntrackMatch]-?: Required<ConntrackMatch>[K] extends { value: T } ? K : never;
}[keyof ConntrackMatch];

function conntrack(draft: RuleDraft): Extension<readonly Match[]> {
  const into: ConntrackDraft = { match: 'conntrack' };
  const name = 'conntrack';
  const address = (option: string, key: Field<Cidr>): ExtensionOption => ({
    invertible: true,
    read: (words, invert) => {
      const text = words.take();
      const block = parseBlock(text, draft.family);
      if (block.ok) into[key] = asked(block.value, invert);
      else words.bad(text, block.error, `an address or network behind --${option}`);
    },
  });
  const port = (option: string, key: Field<PortRange>): ExtensionOption => ({
    invertible: true,
    read: (words, invert) => {
      const { from, to } = readIntegerRange(words, { extension: name, option }, 65_535);
      into[key] = asked({ from, to }, invert);
    },
  });
  return {
    name,
    options: {
      ctstate: {
        invertible: true,
        read: (words, invert) => {
          into.state = asked(readWords<CtState>(words, CT_STATES, 'ctstate'), invert);
        },
      },
      ctproto: {
        invertible: true,
        read: (words, invert) => {
          const text = words.take();
          const proto = protoOf(text);
          if (proto === undefined)
            badValue(words, { extension: name, option: 'ctproto' }, text, 'tcp or a number');
          else into.proto = asked(proto, invert);
        },
      },
      ctorigsrc: address('ctorigsrc', 'origSrc'),
      ctorigdst: address('ctorigdst', 'origDst'),
      ctreplsrc: address('ctreplsrc', 'replSrc'),
      ctrepldst: address('ctrepldst', 'replDst'),
      ctorigsrcport: port('ctorigsrcport', 'origSrcPort'),
      ctorigdstport: port('ctorigdstport', 'origDstPort'),
      ctreplsrcport: port('ctreplsrcport', 'replSrcPort'),
      ctrepldstport: port('ctrepldstport', 'replDstPort'),
      ctstatus: {
        invertible: true,
        read: (words, invert) => {
          into.status = asked(readWords<CtStatus>(words, CT_STATUSES, 'ctstatus'), invert);
        },
      },
      ctexpire: {
        invertible: true,
        read: (words, invert) => {
          const { from, to } = readIntegerRange(
            words,
            { extension: name, option: 'ctexpire' },
            0xffffffff,
          );
          into.expire = asked({ from, to }, invert);
        },
      },
      ctdir: {
        read: (words) => {
          const text = words.take();
          const upper = text.toUpperCase();
          if (upper === 'ORIGINAL' || upper === 'REPLY') into.direction = upper;
          else badValue(words, { extension: name, option: 'ctdir' }, text, 'ORIGINAL or REPLY');
        },
      },
    },
    finish: (words) => {
      const given = Object.keys(into).length - 1;
      if (given === 0) {
        words.bad(words.peek, 'conntrack: At least one option is required', '--ctstate or another');
      }
      // The common case has a form of its own.
      if (given === 1 && into.state !== undefined) {
        return [
          { match: 'ctstate', states: into.state.value, ...inverted(into.state.invert === true) },
        ];
      }
      return [into];
    },
  };
}

function state(): Extension<readonly Match[]> {
  let match: Match | undefined;
  const known = CT_STATES.filter((each) => each !== 'SNAT' && each !== 'DNAT');
  return {
    name: 'state',
    options: {
      state: {
        mandatory: true,
        invertible: true,
        read: (words, invert) => {
          const states = readWords<CtState>(words, known, 'state');
          match = { match: 'ctstate', states, legacy: true, ...inverted(invert) };
        },
      },
    },
    finish: () => (match === undefined ? [] : [match]),
  };
}

function connmark(): Extension<readonly Match[]> {
  let match: Match | undefined;
  return {
    name: 'connmark',
    options: {
      mark: {
        mandatory: true,
        invertible: true,
        read: (words, invert) => {
          const mark = readMark(words, { extension: 'connmark', option: 'mark' });
          match = { match: 'connmark', ...mark, ...inverted(invert) };
        },
      },
    },
    finish: () => (match === undefined ? [] : [match]),
  };
}

const BYTES_MODES = ['packets', 'bytes', 'avgpkt'] as const;
const BYTES_DIRECTIONS = ['original', 'reply', 'both'] as const;

function connbytes(): Extension<readonly Match[]> {
  let range: { from: number; to?: number } = { from: 0 };
  let invertRange = false;
  let mode: (typeof BYTES_MODES)[number] = 'packets';
  let direction: (typeof BYTES_DIRECTIONS)[number] = 'original';
  const word = <T extends string>(
    words: Words,
    known: readonly T[],
    option: string,
  ): T | undefined => {
    const text = words.take();
    const found = known.find((each) => each === text);
    if (found === undefined) words.bad(text, `Unknown --${option} \`${text}'`, known.join(', '));
    return found;
  };
  return {
    name: 'connbytes',
    options: {
      connbytes: {
        mandatory: true,
        invertible: true,
        read: (words, invert) => {
          const [low = '', high] = words.take().split(':');
          const from = low === '' ? 0 : parseInteger(low);
          const to = high === undefined || high === '' ? undefined : parseInteger(high);
          if (from === undefined || (high !== undefined && high !== '' && to === undefined)) {
            const message = `connbytes: bad value for option "--connbytes" near "${low}", or out of range (0-18446744073709551615).\n`;
            words.bad(low, message, 'FROM or FROM:TO');
            return;
          }
          range = to === undefined ? { from } : { from, to };
          invertRange = invert;
        },
      },
      'connbytes-dir': {
        mandatory: true,
        read: (words) => {
          direction = word(words, BYTES_DIRECTIONS, 'connbytes-dir') ?? direction;
        },
      },
      'connbytes-mode': {
        mandatory: true,
        read: (words) => {
          mode = word(words, BYTES_MODES, 'connbytes-mode') ?? mode;
        },
      },
    },
    finish: () => [{ match: 'connbytes', range, mode, direction, ...inverted(invertRange) }],
  };
}

function connlimit(draft: RuleDraft): Extension<readonly Match[]> {
  const widest = draft.family === 'ipv4' ? 32 : 128;
  let above: number | undefined;
  let atMost = false;
  let prefixLength = widest;
  let side: 'source' | 'destination' = 'source';
  const number = (option: string, upto: boolean): ExtensionOption => ({
    invertible: true,
    excludes: [upto ? 'connlimit-above' : 'connlimit-upto'],
    read: (words, invert) => {
      above = readInteger(words, { extension: 'connlimit', option }, 0, 0xffffffff);
      atMost = upto !== invert;
    },
  });
  return {
    name: 'connlimit',
    options: {
      'connlimit-upto': number('connlimit-upto', true),
      'connlimit-above': number('connlimit-above', false),
      'connlimit-mask': {
        read: (words) => {
          const place = { extension: 'connlimit', option: 'connlimit-mask' };
          prefixLength = readInteger(words, place, 0, widest);
        },
      },
      'connlimit-saddr': {
        args: 0,
        excludes: ['connlimit-daddr'],
        read: () => {
          side = 'source';
        },
      },
      'connlimit-daddr': {
        args: 0,
        read: () => {
          side = 'destination';
        },
      },
    },
    finish: (words) => {
      if (above === undefined) {
        const message = 'You must specify "--connlimit-above" or "--connlimit-upto".';
        words.bad(words.peek, message, '--connlimit-above N');
      }
      return [{ match: 'connlimit', above: above ?? 0, prefixLength, side, ...inverted(atMost) }];
    },
  };
}
