import type { NftThing } from '../../nft.js';
import type { NftOp } from '../../ops.js';
import { formatTime } from './datatype.js';
import { printElement, printNftRule } from './print-rule.js';
import { printBase, printSetBlock } from './print-ruleset.js';

/** An op as the line of `nft` that makes it, without the word `nft`. */
export function printNftOp({ op, thing }: NftOp): string {
  return `${op.slice(op.indexOf('.') + 1)} ${printThing(thing)}`;
}

function printThing(thing: NftThing): string {
  if (thing.what === 'ruleset') return words('ruleset', thing.family);
  const table = `${thing.family} ${thing.table}`;
  switch (thing.what) {
    case 'table': {
      if (thing.handle !== undefined) return `table ${thing.family} handle ${thing.handle}`;
      const comment = thing.comment === undefined ? '' : `comment "${thing.comment}"; `;
      const flags = thing.dormant === true ? 'flags dormant; ' : '';
      return words('table', table, body(`${comment}${flags}`));
    }
    case 'chain': {
      const base = thing.base === undefined ? '' : `${printBase(thing.base, thing.family)} `;
      const comment = thing.comment === undefined ? '' : `comment "${thing.comment}"; `;
      return words('chain', table, thing.chain, thing.to, body(`${comment}${base}`));
    }
    case 'rule':
      return words(
        'rule',
        table,
        thing.chain,
        thing.handle === undefined ? undefined : `handle ${thing.handle}`,
        thing.index === undefined ? undefined : `index ${thing.index}`,
        thing.rule === undefined ? undefined : printNftRule(thing.rule, thing.family),
      );
    case 'set': {
      const { set } = thing;
      const kind = set.data === undefined ? 'set' : 'map';
      if (set.key.length === 0) return words(kind, table, set.name);
      const lines = printSetBlock({ spec: set, handle: 0, elements: [] }).split('\n').slice(1, -2);
      return words(kind, table, set.name, body(lines.map((line) => `${line.trim()}; `).join('')));
    }
    case 'element': {
      const elements = thing.elements.map((element) => {
        const { timeoutMs } = element;
        const text = printElement(element);
        if (timeoutMs === undefined) return text;
        const [key = '', ...rest] = text.split(' : ');
        return [`${key} timeout ${formatTime(timeoutMs)}`, ...rest].join(' : ');
      });
      return words('element', table, thing.set, `{ ${elements.join(', ')} }`);
    }
  }
}

function body(text: string): string | undefined {
  return text === '' ? undefined : `{ ${text}}`;
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}
