import { fail, ok, type Result } from '../../base/index.js';
import type { Match, PortRange } from '../ops.js';
import { hasPorts, parsePorts } from './match-header.js';
import { ADDR_TYPES, CT_STATES } from './names.js';
import { inverted, type MatchReader, names, type RuleDraft } from './rule-draft.js';
import { type Words, wholeNumber } from './words.js';

/** Readers of the other extensions, by option. */
export const EXTENSION_READERS: readonly (readonly [string, MatchReader])[] = [
  ...names(['--sports', '--source-ports'], readPorts('source')),
  ...names(['--dports', '--destination-ports'], readPorts('destination')),
  ...names(['--ports'], readPorts('either')),
  ...names(['--ctstate', '--state'], readStates),
  ...names(['--mark'], readMark),
  ...names(['--comment'], readComment),
  ...names(['--mode'], readStatistic),
  ...names(['--src-type', '--dst-type', '--limit-iface-in', '--limit-iface-out'], readAddrtype),
  ...names(['--physdev-in', '--physdev-out', '--physdev-is-bridged'], readPhysdev),
  ...names(['--set', '--rcheck', '--update', '--remove'], readRecentVerb),
  ...names(['--seconds', '--reap', '--name', '--rsource', '--rdest', '--mask'], readRecentOption),
  ...names(['--limit', '--limit-burst'], readLimit),
  ...names(['--match-set'], readSet),
];

const FULL_MASK = 0xffffffff;

/** Reads `VALUE` or `VALUE/MASK`, 32 bits each. */
export function parseMark(
  text: string,
): Result<{ readonly value: number; readonly mask: number }, string> {
  const [valueText = '', maskText] = text.split('/');
  const value = wholeNumber(valueText);
  const mask = maskText === undefined ? FULL_MASK : wholeNumber(maskText);
  if (value === undefined || mask === undefined || value > FULL_MASK || mask > FULL_MASK) {
    return fail(`must be a mark of 32 bits such as 0x4000 or 0x4000/0x4000, not '${text}'`);
  }
  return ok({ value, mask });
}

function readPorts(side: 'source' | 'destination' | 'either'): MatchReader {
  return (words, draft, _, invert) => {
    if (!hasPorts(draft)) {
      words.bad(
        side,
        "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'",
        '-p tcp or -p udp',
      );
      return;
    }
    const text = words.need('ports separated by commas');
    const ports: PortRange[] = [];
    for (const item of text.split(',')) {
      const range = parsePorts(item, ':');
      if (range.ok) ports.push(range.value);
      else words.bad(item, `invalid port/service \`${item}' specified`, range.error);
    }
    const slots = ports.reduce((sum, range) => sum + (range.from === range.to ? 1 : 2), 0);
    if (slots > 15)
      words.bad(text, 'too many ports specified', 'at most 15 ports; a range counts as two');
    draft.matches.push({ match: 'multiport', side, ports, ...inverted(invert) });
  };
}

function readStates(words: Words, draft: RuleDraft, option: string, invert: boolean): void {
  const given = words.need('states such as RELATED,ESTABLISHED').split(',');
  for (const word of given) {
    if (!words.failed && !CT_STATES.some((state) => state === word.toUpperCase())) {
      const tool = option === '--state' ? 'state' : 'conntrack';
      words.bad(word, `Bad ${option} "${word}" of ${tool}`, CT_STATES.join(', '));
    }
  }
  const states = CT_STATES.filter((state) => given.some((word) => word.toUpperCase() === state));
  draft.matches.push({ match: 'ctstate', states, ...inverted(invert) });
}

function readMark(words: Words, draft: RuleDraft, _: string, invert: boolean): void {
  const mark = words.read(
    parseMark,
    (word) => `mark: bad mark value for option "--mark": \`${word}'`,
  );
  const match = draft.loaded.has('connmark') && !draft.loaded.has('mark') ? 'connmark' : 'mark';
  if (mark !== undefined) draft.matches.push({ match, ...mark, ...inverted(invert) });
}

function readComment(words: Words, draft: RuleDraft): void {
  const text = words.need('a text');
  if (text.length > 255) words.bad(text, 'comment: too long', 'at most 255 characters');
  draft.matches.push({ match: 'comment', text });
}

function readStatistic(words: Words, draft: RuleDraft): void {
  const mode = words.need('random or nth');
  let invert = false;
  let probability: number | undefined;
  let every: number | undefined;
  let packet = 0;
  for (;;) {
    if (words.peek === '!') {
      words.take();
      invert = true;
    } else if (words.skip('--probability')) {
      const text = words.need('a number from 0 to 1');
      probability = Number(text);
      if (!(probability >= 0 && probability <= 1)) {
        words.bad(text, 'statistic: bad value for option "--probability"', 'a number from 0 to 1');
      }
    } else if (words.skip('--every')) every = words.number('every', 1, FULL_MASK);
    else if (words.skip('--packet')) packet = words.number('packet', 0, FULL_MASK);
    else break;
  }
  if (mode === 'random' && probability !== undefined) {
    draft.matches.push({ match: 'statistic-random', probability, ...inverted(invert) });
  } else if (mode === 'nth' && every !== undefined && packet < every) {
    draft.matches.push({ match: 'statistic-nth', every, packet, ...inverted(invert) });
  } else {
    words.bad(
      mode,
      `Bad mode "${mode}"`,
      '--mode random --probability P, or --mode nth --every N --packet K, K < N',
    );
  }
}

function last<K extends Match['match']>(
  draft: RuleDraft,
  kind: K,
): Extract<Match, { match: K }> | undefined {
  const found = draft.matches.at(-1);
  return found?.match === kind ? (found as Extract<Match, { match: K }>) : undefined;
}

function readAddrtype(words: Words, draft: RuleDraft, option: string, invert: boolean): void {
  const before = last(draft, 'addrtype');
  if (before !== undefined) draft.matches.pop();
  const base = before ?? { match: 'addrtype' as const };
  if (option === '--limit-iface-in') draft.matches.push({ ...base, limitIfaceIn: true });
  else if (option === '--limit-iface-out') draft.matches.push({ ...base, limitIfaceOut: true });
  else {
    const word = words.need(ADDR_TYPES.join(', '));
    const type = ADDR_TYPES.find((name) => name === word.toUpperCase());
    if (type === undefined) {
      if (!words.failed)
        words.bad(word, `addrtype: bad type "${word}"`, `one of ${ADDR_TYPES.join(', ')}`);
      return;
    }
    const source = option === '--src-type';
    const change = source ? { srcType: type } : { dstType: type };
    const not = invert ? (source ? { srcInvert: true } : { dstInvert: true }) : {};
    draft.matches.push({ ...base, ...change, ...not });
  }
}

/** Conditions of one sense join; others make a match of their own, as the model inverts them together. */
function readPhysdev(words: Words, draft: RuleDraft, option: string, invert: boolean): void {
  const before = last(draft, 'physdev');
  const joins = before !== undefined && !invert && before.invert !== true;
  if (joins) draft.matches.pop();
  const base = joins ? before : { match: 'physdev' as const };
  const not = inverted(invert);
  if (option === '--physdev-is-bridged') draft.matches.push({ ...base, isBridged: true, ...not });
  else {
    const dev = words.need('the name of a device');
    const change = option === '--physdev-in' ? { in: dev } : { out: dev };
    draft.matches.push({ ...base, ...change, ...not });
  }
}

function recent(draft: RuleDraft): Extract<Match, { match: 'recent' }> {
  const before = last(draft, 'recent');
  if (before !== undefined) draft.matches.pop();
  return before ?? { match: 'recent', verb: 'rcheck', name: 'DEFAULT', side: 'source' };
}

function readRecentVerb(_: Words, draft: RuleDraft, option: string, invert: boolean): void {
  const verbs = {
    '--set': 'set',
    '--rcheck': 'rcheck',
    '--update': 'update',
    '--remove': 'remove',
  } as const;
  const verb = Object.entries(verbs).find(([name]) => name === option)?.[1] ?? 'rcheck';
  draft.matches.push({ ...recent(draft), verb, ...inverted(invert) });
}

function readRecentOption(words: Words, draft: RuleDraft, option: string): void {
  const base = recent(draft);
  switch (option) {
    case '--seconds':
      draft.matches.push({ ...base, seconds: words.number('seconds', 1, FULL_MASK) });
      return;
    case '--reap':
      draft.matches.push({ ...base, reap: true });
      return;
    case '--name':
      draft.matches.push({ ...base, name: words.need('a name') });
      return;
    case '--mask': {
      const mask = words.need('a netmask');
      if (mask !== '255.255.255.255' && !/^(ffff:){7}ffff$/.test(mask)) {
        words.unsupported(`--mask ${mask}`, '--mask 255.255.255.255');
      }
      draft.matches.push(base);
      return;
    }
    default:
      draft.matches.push({ ...base, side: option === '--rdest' ? 'destination' : 'source' });
  }
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function readLimit(words: Words, draft: RuleDraft, option: string): void {
  const before = last(draft, 'limit');
  if (before !== undefined) draft.matches.pop();
  // iptables' defaults: 3/hour, burst 5.
  const base = before ?? { match: 'limit' as const, perSecond: 3 / 3600, burst: 5 };
  if (option === '--limit-burst') {
    draft.matches.push({ ...base, burst: words.number('limit-burst', 1, 10_000) });
    return;
  }
  const text = words.need('a rate such as 5/min');
  const parts = /^(\d+)(?:\/(s|sec|second|m|min|minute|h|hour|d|day))?$/.exec(text);
  const count = Number(parts?.[1] ?? 0);
  if (count === 0) {
    if (!words.failed)
      words.bad(text, `bad rate "${text}"'`, 'a rate such as 10/sec, 5/min, 3/hour or 100/day');
    return;
  }
  const per = SECONDS[(parts?.[2] ?? 's').charAt(0)] ?? 1;
  draft.matches.push({ ...base, perSecond: count / per });
}

function readSet(words: Words, draft: RuleDraft, _: string, invert: boolean): void {
  const name = words.need('the name of a set');
  const text = words.need('src or dst, up to three separated by commas');
  const dims: ('src' | 'dst')[] = [];
  for (const word of text.split(',')) {
    if (word === 'src' || word === 'dst') dims.push(word);
    else if (!words.failed) words.bad(word, `--match-set: bad flag "${word}"`, 'src or dst');
  }
  draft.matches.push({ match: 'set', name, dims, ...inverted(invert) });
}
