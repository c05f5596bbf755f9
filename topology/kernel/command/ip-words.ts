import { parseIp } from '../../addr/index.js';
import { complete, type Words } from './words.js';

/** Where a command runs and what its options said. */
export interface IpContext {
  /** Absent: the host's own namespace. */
  readonly netns?: string;
  /** From `-4` or `-6`. */
  readonly family?: 'ipv4' | 'ipv6';
}

/** Longest name of a device, IFNAMSIZ less the final zero. */
const IFNAME_MAX = 15;

/**
 * Takes the verb and completes it. `shows` are verbs that change nothing; no verb at all means `list`.
 */
export function takeVerb<T extends string>(
  words: Words,
  object: string,
  verbs: { readonly changes: readonly T[]; readonly shows: readonly string[] },
): T | undefined {
  const word = words.peek;
  const expected = verbs.changes.join(', ');
  const verb = complete(word, verbs.changes);
  if (verb !== undefined) {
    words.take();
    return verb;
  }
  if (word === '' || complete(word, verbs.shows) !== undefined) {
    const message = `ip ${object} ${word === '' ? 'list' : word} shows and changes nothing`;
    words.fail({ code: 'command/read-only', message, near: word, expected });
    return undefined;
  }
  words.bad(word, `Command "${word}" is unknown, try "ip ${object} help".`, expected);
  return undefined;
}

/** The message for a word that no keyword allows. */
export function garbage(word: string, keyword = 'to'): string {
  return `Error: either "${keyword}" is duplicate, or "${word}" is a garbage.`;
}

/** Takes an address without prefix length. */
export function takeIp(words: Words) {
  return words.read(parseIp, (word) => {
    const family = word.includes(':') ? 'inet6' : 'inet';
    return `Error: ${family} address is expected rather than "${word}".`;
  });
}

/** Takes a namespace's name; process 1 stands for the host's own. */
export function takeNetns(words: Words): string {
  const name = words.need('the name of a network namespace');
  return name === '1' ? '' : name;
}

/** The namespace as an op carries it. */
export function inNetns(context: IpContext): { readonly netns?: string } {
  return context.netns === undefined || context.netns === '' ? {} : { netns: context.netns };
}

/** Takes a device's name, as the kernel's `dev_valid_name` allows it. */
export function takeName(words: Words): string {
  const name = words.need(
    'the name of a device',
    'Not enough information: "dev" argument is required.',
  );
  if (name.length > IFNAME_MAX || /[/\s:]/.test(name) || name === '.' || name === '..') {
    const message = `Error: argument "${name}" is wrong: "name" not a valid ifname`;
    words.bad(name, message, `a name of 1 to ${IFNAME_MAX} characters without '/' and space`);
  }
  return name;
}
