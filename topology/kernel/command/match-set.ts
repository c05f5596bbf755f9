import type { Match, SetMatch } from '../ops.js';
import { type Extension, type ExtensionOption, inverted } from './extension.js';
import type { Words } from './words.js';

/** Most dimensions of a set (IPSET_DIM_MAX). */
const SET_DIMS = 6;

/** `src,dst` behind the name of a set. */
export function readSetDims(words: Words): readonly ('src' | 'dst')[] {
  const text = words.take();
  const dims: ('src' | 'dst')[] = [];
  for (const word of text.split(',')) {
    if (dims.length >= SET_DIMS) {
      words.bad(text, "Can't be more src/dst options than 6.", 'at most 6');
      return dims;
    }
    if (word === 'src' || word === 'dst') dims.push(word);
    else {
      const message = "You must spefify (the comma separated list of) 'src' or 'dst'.";
      words.bad(word, message, 'src or dst');
      return dims;
    }
  }
  return dims;
}

/** Reads `-m set`: whether a set holds parts of the packet (xt_set). */
export function set(): Extension<readonly Match[]> {
  let match: SetMatch | undefined;
  const into: { returnNomatch?: boolean; noUpdateCounters?: boolean } = {};
  const counter = (option: string): ExtensionOption => ({
    invertible: true,
    read: (words) => words.unsupported(`--${option}`, '--match-set without counters'),
  });
  const counters = ['packets-eq', 'packets-lt', 'packets-gt', 'bytes-eq', 'bytes-lt', 'bytes-gt'];
  return {
    name: 'set',
    options: {
      'match-set': {
        args: 2,
        invertible: true,
        read: (words, invert) => {
          const name = words.take();
          if (!words.more && !words.failed) {
            words.bad('', '--match-set requires two args.', '--match-set NAME src|dst');
          }
          match = { match: 'set', name, dims: readSetDims(words), ...inverted(invert) };
        },
      },
      'return-nomatch': {
        args: 0,
        read: () => {
          into.returnNomatch = true;
        },
      },
      'update-counters': {
        args: 0,
        invertible: true,
        read: (_, invert) => {
          if (invert) into.noUpdateCounters = true;
        },
      },
      ...Object.fromEntries(counters.map((name) => [name, counter(name)])),
    },
    finish: (words) => {
      if (match === undefined) {
        const message = "You must specify `--match-set' with proper arguments";
        words.bad(words.peek, message, '--match-set NAME src|dst');
        return [];
      }
      return [{ ...match, ...into }];
    },
  };
}
