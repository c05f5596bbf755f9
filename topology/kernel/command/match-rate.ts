import type { HashlimitMatch, Match } from '../ops.js';
import {
  badValue,
  type Extension,
  type ExtensionOption,
  inverted,
  readInteger,
} from './extension.js';
import type { MatchMaker, RuleDraft } from './rule-draft.js';
import type { Words } from './words.js';

/** Extensions that let a part of the packets match: statistic, limit, hashlimit. */
export const RATE_MATCHES: Readonly<Record<string, MatchMaker>> = {
  statistic: () => statistic(),
  limit: () => limit(),
  hashlimit,
};

function statistic(): Extension<readonly Match[]> {
  let mode = '';
  let probability: { value: number; invert: boolean } | undefined;
  let every: { value: number; invert: boolean } | undefined;
  let packet = 0;
  const name = 'statistic';
  return {
    name,
    options: {
      mode: {
        mandatory: true,
        read: (words) => {
          mode = words.take();
          if (mode !== 'random' && mode !== 'nth')
            words.bad(mode, `Bad mode "${mode}"`, 'random or nth');
        },
      },
      probability: {
        invertible: true,
        read: (words, invert) => {
          const text = words.take();
          const value = text === '' ? Number.NaN : Number(text);
          if (!(value >= 0 && value <= 1)) {
            const message =
              'statistic: bad value for option "--probability", or out of range (0-1).\n';
            words.bad(text, message, 'a number from 0 to 1');
          }
          probability = { value, invert };
        },
      },
      every: {
        invertible: true,
        needs: ['packet'],
        read: (words, invert) => {
          every = {
            value: readInteger(words, { extension: name, option: 'every' }, 1, 0xffffffff),
            invert,
          };
        },
      },
      packet: {
        read: (words) => {
          packet = readInteger(words, { extension: name, option: 'packet' }, 0, 0xffffffff);
          if (every === undefined || packet >= every.value) {
            words.bad(
              `${packet}`,
              'the --packet p must be 0 <= p <= n-1',
              '--every N --packet P, P below N',
            );
          }
        },
      },
    },
    finish: (words) => {
      if (mode !== 'nth') {
        if (probability === undefined && mode === 'random') {
          const message = '--probability must be specified when using random mode';
          words.bad(words.peek, message, '--probability P');
        }
        const value = probability?.value ?? 0;
        return [
          {
            match: 'statistic-random',
            probability: value,
            ...inverted(probability?.invert === true),
          },
        ];
      }
      if (every === undefined) {
        words.bad(
          words.peek,
          '--every must be specified when using nth mode',
          '--every N --packet P',
        );
      }
      return [
        {
          match: 'statistic-nth',
          every: every?.value ?? 1,
          packet,
          ...inverted(every?.invert === true),
        },
      ];
    },
  };
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const UNIT =
  /^(?:|\/(?:s|se|sec|seco|secon|second|m|mi|min|minu|minut|minute|h|ho|hou|hour|d|da|day))$/;

/** A rate such as `5/min`, in packets a second; undefined after a mistake. */
function readRate(words: Words): number | undefined {
  const text = words.take();
  const slash = text.indexOf('/');
  const number = Number.parseInt(slash < 0 ? text : text.slice(0, slash), 10);
  const unit = slash < 0 ? '' : text.slice(slash);
  if (!(number > 0) || !UNIT.test(unit)) {
    words.bad(text, `bad rate "${text}"'`, 'a rate such as 10/sec, 5/min, 3/hour or 100/day');
    return undefined;
  }
  const per = SECONDS[unit.charAt(1) === '' ? 's' : unit.charAt(1)] ?? 1;
  if (number / per > 10_000) {
    words.bad(text, `Rate too fast "${text}"`, 'at most 10000 a second');
    return undefined;
  }
  return number / per;
}

function limit(): Extension<readonly Match[]> {
  // iptables' defaults: 3/hour, burst 5.
  let perSecond = 3 / 3600;
  let burst = 5;
  return {
    name: 'limit',
    options: {
      limit: {
        read: (words) => {
          perSecond = readRate(words) ?? perSecond;
        },
      },
      'limit-burst': {
        read: (words) => {
          const given = readInteger(
            words,
            { extension: 'limit', option: 'limit-burst' },
            0,
            10_000,
          );
          burst = given === 0 ? 5 : given;
        },
      },
    },
    finish: () => [{ match: 'limit', perSecond, burst }],
  };
}

const MODES = ['srcip', 'srcport', 'dstip', 'dstport'] as const;
/** Octets that the units of a byte rate stand for. */
const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1024, mb: 1024 * 1024 };

function hashlimit(draft: RuleDraft): Extension<readonly Match[]> {
  const name = 'hashlimit';
  const widest = draft.family === 'ipv4' ? 32 : 128;
  let rate: { perSecond: number; bytes: boolean; invert: boolean } | undefined;
  let burst: { value: number; bytes: boolean } | undefined;
  let mode: readonly (typeof MODES)[number][] = [];
  let table = '';
  const into: {
    srcMask?: number;
    dstMask?: number;
    htableSize?: number;
    htableMax?: number;
    gcIntervalMs?: number;
    expireMs?: number;
  } = {};
  const rateOption = (other: string, above: boolean): ExtensionOption => ({
    invertible: true,
    excludes: [other],
    read: (words, invert) => {
      const bytes = /^(\d+)(b|kb|mb)\/s$/.exec(words.peek);
      if (bytes !== null) {
        words.take();
        const perSecond = Number(bytes[1]) * (BYTE_UNITS[bytes[2] ?? ''] ?? 1);
        rate = { perSecond, bytes: true, invert: above !== invert };
        return;
      }
      const perSecond = readRate(words);
      if (perSecond !== undefined) rate = { perSecond, bytes: false, invert: above !== invert };
    },
  });
  const number = (option: string, key: keyof typeof into, to: number): ExtensionOption => ({
    read: (words) => {
      into[key] = readInteger(words, { extension: name, option }, 0, to);
    },
  });
  return {
    name,
    options: {
      'hashlimit-upto|hashlimit': rateOption('hashlimit-above', false),
      'hashlimit-above': rateOption('hashlimit-upto', true),
      'hashlimit-burst': {
        read: (words) => {
          const bytes = /^(\d+)(b|kb|mb)$/.exec(words.peek);
          if (bytes === null) {
            const value = readInteger(
              words,
              { extension: name, option: 'hashlimit-burst' },
              1,
              1_000_000,
            );
            burst = { value, bytes: false };
            return;
          }
          words.take();
          burst = { value: Number(bytes[1]) * (BYTE_UNITS[bytes[2] ?? ''] ?? 1), bytes: true };
        },
      },
      'hashlimit-mode': {
        read: (words) => {
          const text = words.take();
          const given = text.split(',');
          if (given.some((word) => !MODES.some((known) => known === word))) {
            badValue(words, { extension: name, option: 'hashlimit-mode' }, text, MODES.join(', '));
          }
          mode = MODES.filter((known) => given.includes(known));
        },
      },
      'hashlimit-srcmask': number('hashlimit-srcmask', 'srcMask', widest),
      'hashlimit-dstmask': number('hashlimit-dstmask', 'dstMask', widest),
      'hashlimit-htable-size': number('hashlimit-htable-size', 'htableSize', 0xffffffff),
      'hashlimit-htable-max': number('hashlimit-htable-max', 'htableMax', 0xffffffff),
      'hashlimit-htable-gcinterval': number(
        'hashlimit-htable-gcinterval',
        'gcIntervalMs',
        0xffffffff,
      ),
      'hashlimit-htable-expire': number('hashlimit-htable-expire', 'expireMs', 0xffffffff),
      'hashlimit-name': {
        mandatory: true,
        read: (words) => {
          table = words.take();
        },
      },
    },
    finish: (words) => {
      if (rate === undefined) {
        words.bad(words.peek, 'You have to specify --hashlimit', '--hashlimit-upto RATE');
        return [];
      }
      const made: HashlimitMatch = {
        match: 'hashlimit',
        invert: rate.invert,
        perSecond: rate.perSecond,
        bytes: rate.bytes,
        burst: burst?.value ?? (rate.bytes ? 0 : 5),
        mode,
        name: table,
        ...into,
      };
      return [made];
    },
  };
}
