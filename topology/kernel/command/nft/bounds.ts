import type { NftExpr, NftValue } from '../../nft.js';
import { DATA_TYPES } from './datatype.js';

/** Sorts after every name that a device may have. */
const NAME_END = '\uffff';

/** The smallest and the largest value of a constant part. */
export function boundsOf(expr: NftExpr): readonly [low: NftValue, high: NftValue] {
  switch (expr.expr) {
    case 'value': {
      const { value } = expr;
      const wild = typeof value === 'string' && value.endsWith('*');
      return wild ? [value.slice(0, -1), value.slice(0, -1) + NAME_END] : [value, value];
    }
    case 'range':
      return [expr.from.value, expr.to.value];
    case 'prefix': {
      const { value, type } = expr.base;
      const free = DATA_TYPES[type].bits - expr.length;
      if (typeof value === 'bigint') return [value, value + (1n << BigInt(free)) - 1n];
      return [value, Number(value) + 2 ** free - 1];
    }
    case 'catchall':
      return [0, Number.MAX_SAFE_INTEGER];
    default:
      return [0, 0];
  }
}
