/** FNV-1a of a text: 32 bits. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/** The items in an order that follows from a seed. */
export function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  return items
    .map((item, index) => ({ item, order: hashOf(`${seed} ${index}`) }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
