/** Finds keys that a mapping of a YAML text has twice. */

import { isMap, isScalar, type Node, visit } from 'yaml';

/** The merge key of YAML 1.1, which may stand several times. */
const MERGE = '<<';

/**
 * Offsets of keys that stand a second time in their mapping, in order. Takes time in proportion to the text: the
 * parser's own check compares each key with all before it, a minute for a ConfigMap of 90,000 keys.
 */
export function duplicateKeys(root: Node): readonly number[] {
  const offsets: number[] = [];
  visit(root, {
    Map(_, map) {
      if (!isMap(map)) return;
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.value === MERGE) continue;
        if (seen.has(key.value)) offsets.push(key.range?.[0] ?? 0);
        seen.add(key.value);
      }
    },
  });
  return offsets;
}
