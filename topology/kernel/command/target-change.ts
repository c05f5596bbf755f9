import type { LogOption, Target } from '../ops.js';
import {
  type Extension,
  type ExtensionOption,
  parseInteger,
  readInteger,
  readMark,
} from './extension.js';
import { readDscpClass, readTos } from './match-packet.js';
import { readSetDims } from './match-rate.js';
import type { RuleDraft } from './rule-draft.js';
import type { TargetMaker } from './target-nat.js';
import type { Words } from './words.js';

/** Targets that change or note something and let the packet go on. */
export const CHANGE_TARGETS: Readonly<Record<string, TargetMaker>> = {
  MARK: () => markTarget('MARK'),
  CONNMARK: () => markTarget('CONNMARK'),
  TCPMSS: tcpmss,
  CT: () => ct(),
  NOTRACK: () => plain('NOTRACK'),
  TRACE: () => plain('TRACE'),
  TOS: () => tos(),
  DSCP: () => dscp(),
  LOG: () => log(),
  NFLOG: () => nflog(),
  SET: () => set(),
  CLASSIFY: () => classify(),
};

/** The targets that one family alone has. */
export const TTL_TARGETS: Readonly<Record<'ipv4' | 'ipv6', Readonly<Record<string, TargetMaker>>>> =
  {
    ipv4: { TTL: () => ttl('TTL', 'ttl') },
    ipv6: { HL: () => ttl('HL', 'hl') },
  };

/** A target without options. */
export function plain(
  target: 'ACCEPT' | 'DROP' | 'RETURN' | 'NOTRACK' | 'TRACE',
): Extension<Target | undefined> {
  return { name: target, options: {}, finish: () => ({ target }) };
}

/** new = (old & ~mask) ^ value, to which all forms are reduced as libxt_MARK does. */
function markTarget(target: 'MARK' | 'CONNMARK'): Extension<Target | undefined> {
  const FORMS = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark'] as const;
  const COPIES = target === 'CONNMARK' ? (['save-mark', 'restore-mark'] as const) : [];
  let made: Target | undefined;
  let nfmask: number | undefined;
  let ctmask: number | undefined;
  const verbs: readonly string[] = [...FORMS, ...COPIES];
  const form = (name: (typeof FORMS)[number]): ExtensionOption => ({
    excludes: verbs.filter((other) => other !== name),
    read: (words) => {
      const { value, mask } = readMark(words, { extension: target, option: name });
      const reduced = {
        'set-xmark': { value, mask },
        'set-mark': { value, mask: (mask | value) >>> 0 },
        'and-mark': { value: 0, mask: ~value >>> 0 },
        'or-mark': { value, mask: value },
        'xor-mark': { value, mask: 0 },
      }[name];
      made = { target, verb: 'set-xmark', ...reduced };
    },
  });
  const copy = (verb: 'save-mark' | 'restore-mark'): ExtensionOption => ({
    args: 0,
    excludes: verbs.filter((other) => other !== verb),
    read: () => {
      made = { target, verb, value: 0, mask: 0xffffffff };
    },
  });
  const mask = (option: string, keep: (value: number) => void): ExtensionOption => ({
    read: (words) => keep(readInteger(words, { extension: target, option }, 0, 0xffffffff)),
  });
  return {
    name: target,
    options: {
      ...Object.fromEntries(FORMS.map((name) => [name, form(name)])),
      ...Object.fromEntries(COPIES.map((name) => [name, copy(name)])),
      ...(target === 'MARK'
        ? {}
        : {
            nfmask: mask('nfmask', (value) => {
              nfmask = value;
            }),
            ctmask: mask('ctmask', (value) => {
              ctmask = value;
            }),
            mask: mask('mask', (value) => {
              nfmask = value;
              ctmask = value;
            }),
          }),
    },
    finish: (words) => {
      if (made === undefined) {
        const message =
          target === 'MARK'
            ? 'MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required'
            : 'CONNMARK target: No operation specified';
        words.bad(words.peek, message, '--set-xmark VALUE/MASK or another');
      }
      if (made?.target !== 'CONNMARK' || made.verb === 'set-xmark') return made;
      const kept = nfmask ?? 0xffffffff;
      const ct = ctmask ?? 0xffffffff;
      return { ...made, mask: kept, ...(ct === kept ? {} : { ctMask: ct }) };
    },
  };
}

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

function ct(): Extension<Target | undefined> {
  const into: {
    notrack?: boolean;
    zone?: number;
    zoneDirection?: 'original' | 'reply';
    events?: readonly string[];
  } = {};
  const zone = (option: string, direction?: 'original' | 'reply'): ExtensionOption => ({
    read: (words) => {
      into.zone = readInteger(words, { extension: 'CT', option }, 0, 65_535);
      if (direction !== undefined) into.zoneDirection = direction;
    },
  });
  return {
    name: 'CT',
    options: {
      notrack: {
        args: 0,
        read: () => {
          into.notrack = true;
        },
      },
      zone: zone('zone'),
      'zone-orig': zone('zone-orig', 'original'),
      'zone-reply': zone('zone-reply', 'reply'),
      ctevents: {
        read: (words) => {
          into.events = words.take().split(',');
        },
      },
      helper: { read: (words) => words.unsupported('--helper', 'CT without a helper') },
      timeout: { read: (words) => words.unsupported('--timeout', 'CT without a timeout policy') },
    },
    finish: () => ({ target: 'CT', ...into }),
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

/** Levels of syslog(3), by number. */
const LOG_LEVELS: readonly (readonly string[])[] = [
  ['emerg', 'panic'],
  ['alert'],
  ['crit'],
  ['err', 'error'],
  ['warning', 'warn'],
  ['notice'],
  ['info'],
  ['debug'],
];
/** LOG_WARNING, which iptables-save leaves out. */
const DEFAULT_LEVEL = 4;
/** Longest prefixes of LOG and NFLOG (xt_log_info, xt_nflog_info), less the final NUL. */
const LOG_PREFIX_MAX = 29;
const NFLOG_PREFIX_MAX = 63;
const LOG_OPTIONS: readonly LogOption[] = [
  'tcp-sequence',
  'tcp-options',
  'ip-options',
  'uid',
  'macdecode',
];

function log(): Extension<Target | undefined> {
  let prefix = '';
  let level = DEFAULT_LEVEL;
  const options = new Set<LogOption>();
  return {
    name: 'LOG',
    options: {
      'log-prefix': {
        read: (words) => {
          prefix = words.take().slice(0, LOG_PREFIX_MAX);
        },
      },
      'log-level': {
        read: (words) => {
          const text = words.take();
          const named = LOG_LEVELS.findIndex((level) => level.includes(text));
          const number = named < 0 ? parseInteger(text) : named;
          if (number === undefined || number > 7) {
            words.bad(text, `log level "${text}" unknown\n`, 'a level such as debug, or 0 to 7');
          } else level = number;
        },
      },
      ...Object.fromEntries(
        LOG_OPTIONS.map((option) => [
          `log-${option}`,
          { args: 0 as const, read: () => void options.add(option) },
        ]),
      ),
    },
    finish: () => ({
      target: 'LOG',
      prefix,
      ...(level === DEFAULT_LEVEL ? {} : { level }),
      ...(options.size === 0 ? {} : { options: LOG_OPTIONS.filter((each) => options.has(each)) }),
    }),
  };
}

function nflog(): Extension<Target | undefined> {
  const into: { prefix?: string; group?: number; size?: number; threshold?: number } = {};
  const number = (key: 'group' | 'size' | 'threshold', to: number): ExtensionOption => ({
    read: (words) => {
      const value = readInteger(words, { extension: 'NFLOG', option: `nflog-${key}` }, 0, to);
      if (value !== 0) into[key] = value;
    },
  });
  return {
    name: 'NFLOG',
    options: {
      'nflog-group': number('group', 65_535),
      'nflog-prefix': {
        read: (words) => {
          into.prefix = words.take().slice(0, NFLOG_PREFIX_MAX);
        },
      },
      'nflog-size|nflog-range': number('size', 0xffffffff),
      'nflog-threshold': number('threshold', 65_535),
    },
    finish: () => ({ target: 'NFLOG', ...into }),
  };
}

function set(): Extension<Target | undefined> {
  let made: (Target & { target: 'SET' }) | undefined;
  const into: { exist?: boolean; timeoutSeconds?: number } = {};
  const verb = (name: 'add-set' | 'del-set'): ExtensionOption => ({
    args: 2,
    read: (words) => {
      const set = words.take();
      if (!words.more && !words.failed) {
        words.bad('', `--${name} requires two args.`, `--${name} NAME src|dst`);
      }
      made = { target: 'SET', verb: name, name: set, dims: readSetDims(words) };
    },
  });
  return {
    name: 'SET',
    options: {
      'add-set': verb('add-set'),
      'del-set': verb('del-set'),
      'map-set': {
        args: 2,
        read: (words) => words.unsupported('--map-set', '--add-set or --del-set'),
      },
      exist: {
        args: 0,
        read: () => {
          into.exist = true;
        },
      },
      timeout: {
        read: (words) => {
          into.timeoutSeconds = readInteger(
            words,
            { extension: 'SET', option: 'timeout' },
            0,
            2_147_483,
          );
        },
      },
    },
    finish: (words) => {
      if (made === undefined) {
        const message = "You must specify either `--add-set' or `--del-set' or `--map-set'";
        words.bad(words.peek, message, '--add-set NAME src');
        return undefined;
      }
      return { ...made, ...into };
    },
  };
}

function classify(): Extension<Target | undefined> {
  let target: Target | undefined;
  return {
    name: 'CLASSIFY',
    options: {
      'set-class': {
        mandatory: true,
        read: (words) => {
          const text = words.take();
          const parts = /^([0-9a-fA-F]{1,4}):([0-9a-fA-F]{1,4})$/.exec(text);
          if (parts === null) words.bad(text, `Bad class value "${text}"`, 'MAJOR:MINOR');
          else {
            const [, major = '0', minor = '0'] = parts;
            target = {
              target: 'CLASSIFY',
              major: Number.parseInt(major, 16),
              minor: Number.parseInt(minor, 16),
            };
          }
        },
      },
    },
    finish: () => target,
  };
}
