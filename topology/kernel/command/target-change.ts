import type { Target } from '../ops.js';
import { type Extension, type ExtensionOption, readInteger, readMark } from './extension.js';
import { readSetDims } from './match-set.js';
import type { TargetMaker } from './target-nat.js';

/** Targets that mark the packet, its connection or a set and let the packet go on. */
export const CHANGE_TARGETS: Readonly<Record<string, TargetMaker>> = {
  MARK: () => markTarget('MARK'),
  CONNMARK: () => markTarget('CONNMARK'),
  CT: () => ct(),
  NOTRACK: () => plain('NOTRACK'),
  TRACE: () => plain('TRACE'),
  SET: () => set(),
  CLASSIFY: () => classify(),
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
