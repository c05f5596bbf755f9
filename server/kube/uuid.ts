/** A random UUID, RFC 9562 version 4, from numbers of 0 up to 1. */
export function uuid(random: () => number): string {
  const word = () =>
    Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c, d] = [word(), word(), word(), word()];
  const variant = '89ab'[Number.parseInt(c.charAt(0), 16) & 3];
  // Joined, not added up: a string made of additions keeps all its parts in memory.
  const last = [c.slice(4), d].join('');
  return [a, b.slice(0, 4), `4${b.slice(5)}`, `${variant}${c.slice(1, 4)}`, last].join('-');
}
