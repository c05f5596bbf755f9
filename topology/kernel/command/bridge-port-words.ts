import { garbage } from './ip-words.js';
import type { Words } from './words.js';

/** Takes the options of a bridge's port, of `bridge link set` and `type bridge_slave` alike. */
export function takePortOptions(
  words: Words,
  port: { hairpin?: boolean; isolated?: boolean; learning?: boolean; state?: number },
): void {
  while (words.more) {
    const word = words.take();
    if (word === 'hairpin' || word === 'isolated' || word === 'learning') {
      port[word] = takeOnOff(words, word);
    } else if (word === 'state') {
      const name = words.peek.toLowerCase();
      const known = PORT_STATES.indexOf(name);
      if (known >= 0) words.take();
      port.state = known >= 0 ? known : words.number('state', 0, 255);
    } else if (
      /^(guard|root_block|fastleave|flood|mcast_flood|cost|priority|learning_sync|neigh_suppress)$/.test(
        word,
      )
    ) {
      words.unsupported(word, 'hairpin, isolated, learning or state');
    } else words.bad(word, garbage(word, 'dev'), 'hairpin, isolated, learning or state');
  }
}

/** Takes `on` or `off`. */
export function takeOnOff(words: Words, what: string): boolean {
  const word = words.need('on or off');
  if (word !== 'on' && word !== 'off') {
    words.bad(
      word,
      `Error: argument of "${what}" must be "on" or "off", not "${word}"`,
      'on or off',
    );
  }
  return word === 'on';
}

const PORT_STATES: readonly string[] = [
  'disabled',
  'listening',
  'learning',
  'forwarding',
  'blocking',
];
