import { type Ip, isIpv4, parseIp } from '../../addr/index.js';
import type { Match, RecentMatch } from '../ops.js';
import { type Extension, type ExtensionOption, readInteger } from './extension.js';
import type { RuleDraft } from './rule-draft.js';

/** Reads `-m recent`: lists of addresses that rules note and ask for (xt_recent). */
export function recent(draft: RuleDraft): Extension<readonly Match[]> {
  const into: { -readonly [K in keyof RecentMatch]: RecentMatch[K] } = {
    match: 'recent',
    verb: 'rcheck',
    name: 'DEFAULT',
    side: 'source',
  };
  let given = false;
  const VERBS = ['set', 'rcheck', 'update', 'remove'] as const;
  const verb = (name: (typeof VERBS)[number]): ExtensionOption => ({
    args: 0,
    invertible: true,
    excludes: VERBS.filter((other) => other !== name),
    read: (_, invert) => {
      given = true;
      into.verb = name;
      if (invert) into.invert = true;
    },
  });
  return {
    name: 'recent',
    options: {
      set: verb('set'),
      rcheck: verb('rcheck'),
      update: verb('update'),
      remove: verb('remove'),
      seconds: {
        read: (words) => {
          into.seconds = readInteger(
            words,
            { extension: 'recent', option: 'seconds' },
            1,
            0xffffffff,
          );
        },
      },
      reap: {
        args: 0,
        needs: ['seconds'],
        read: () => {
          into.reap = true;
        },
      },
      hitcount: {
        read: (words) => {
          into.hitcount = readInteger(
            words,
            { extension: 'recent', option: 'hitcount' },
            0,
            0xffffffff,
          );
        },
      },
      rttl: {
        args: 0,
        excludes: ['set', 'remove'],
        read: () => {
          into.rttl = true;
        },
      },
      name: {
        read: (words) => {
          into.name = words.take();
        },
      },
      mask: {
        read: (words) => {
          const text = words.take();
          const mask = parseIp(text);
          const four = draft.family === 'ipv4';
          if (!mask.ok || isIpv4(mask.value) !== four) {
            words.bad(text, `getaddrinfo: ${text}`, 'a netmask');
          } else if (!isAllOnes(mask.value)) into.mask = mask.value;
        },
      },
      rsource: {
        args: 0,
        excludes: ['rdest'],
        read: () => {
          into.side = 'source';
        },
      },
      rdest: {
        args: 0,
        read: () => {
          into.side = 'destination';
        },
      },
    },
    finish: (words) => {
      if (!given) {
        const message =
          "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'";
        words.bad(words.peek, message, '--set, --rcheck, --update or --remove');
      }
      return [into];
    },
  };
}

function isAllOnes(mask: Ip): boolean {
  return isIpv4(mask) ? mask === 0xffffffff : mask === (1n << 128n) - 1n;
}
