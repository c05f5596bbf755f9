import { IFNAME_MAX } from './match-header.js';
import type { Words } from './words.js';

/** The name of a device, or a prefix with `+`. */
export function readIfname(words: Words): string {
  const name = words.take();
  if (name.length > IFNAME_MAX) {
    const message = `interface name \`${name}' must be shorter than IFNAMSIZ (${IFNAME_MAX})`;
    words.bad(name, message, `at most ${IFNAME_MAX} characters`);
  }
  return name;
}
