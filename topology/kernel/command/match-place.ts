import type { AddrType, AddrtypeMatch, Match, PhysdevMatch } from '../ops.js';
import { asked, type Extension, type ExtensionOption } from './extension.js';
import { readIfname } from './match-basic.js';
import { ADDR_TYPES } from './names.js';
import type { MatchMaker } from './rule-draft.js';

/** Extensions that ask where a packet comes from and goes to: addrtype, physdev. */
export const PLACE_MATCHES: Readonly<Record<string, MatchMaker>> = {
  addrtype: () => addrtype(),
  physdev: () => physdev(),
};

function addrtype(): Extension<readonly Match[]> {
  const into: { -readonly [K in keyof AddrtypeMatch]: AddrtypeMatch[K] } = { match: 'addrtype' };
  const types = (side: 'src' | 'dst'): ExtensionOption => ({
    invertible: true,
    read: (words, invert) => {
      const given = words.take().split(',');
      for (const word of given) {
        if (!ADDR_TYPES.some((type) => type === word.toUpperCase())) {
          words.bad(word, `addrtype: bad type "${word}"`, `one of ${ADDR_TYPES.join(', ')}`);
        }
      }
      const found: readonly AddrType[] = ADDR_TYPES.filter((type) =>
        given.some((word) => word.toUpperCase() === type),
      );
      if (side === 'src') into.srcTypes = found;
      else into.dstTypes = found;
      if (invert && side === 'src') into.srcInvert = true;
      if (invert && side === 'dst') into.dstInvert = true;
    },
  });
  return {
    name: 'addrtype',
    options: {
      'src-type': types('src'),
      'dst-type': types('dst'),
      'limit-iface-in': {
        args: 0,
        excludes: ['limit-iface-out'],
        read: () => {
          into.limitIfaceIn = true;
        },
      },
      'limit-iface-out': {
        args: 0,
        excludes: ['limit-iface-in'],
        read: () => {
          into.limitIfaceOut = true;
        },
      },
    },
    finish: (words) => {
      if (into.srcTypes === undefined && into.dstTypes === undefined) {
        const message = 'addrtype: you must specify --src-type or --dst-type';
        words.bad(words.peek, message, '--dst-type LOCAL');
      }
      return [into];
    },
  };
}

function physdev(): Extension<readonly Match[]> {
  const into: { -readonly [K in keyof PhysdevMatch]: PhysdevMatch[K] } = { match: 'physdev' };
  const device = (key: 'in' | 'out'): ExtensionOption => ({
    invertible: true,
    read: (words, invert) => {
      into[key] = asked(readIfname(words), invert);
    },
  });
  const fact = (key: 'isIn' | 'isOut' | 'isBridged'): ExtensionOption => ({
    args: 0,
    invertible: true,
    read: (_, invert) => {
      into[key] = !invert;
    },
  });
  return {
    name: 'physdev',
    options: {
      'physdev-in': device('in'),
      'physdev-out': device('out'),
      'physdev-is-in': fact('isIn'),
      'physdev-is-out': fact('isOut'),
      'physdev-is-bridged': fact('isBridged'),
    },
    finish: (words) => {
      if (Object.keys(into).length === 1) {
        words.bad(words.peek, 'PHYSDEV: no physdev option specified', '--physdev-in DEVICE');
      }
      return [into];
    },
  };
}
