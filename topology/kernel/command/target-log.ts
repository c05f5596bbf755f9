import type { LogOption, Target } from '../ops.js';
import { type Extension, type ExtensionOption, parseInteger, readInteger } from './extension.js';
import type { TargetMaker } from './target-nat.js';

/** Targets that write about the packet and let it go on. */
export const LOG_TARGETS: Readonly<Record<string, TargetMaker>> = {
  LOG: () => log(),
  NFLOG: () => nflog(),
};

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
