/** One condition on labels, as a label selector of Kubernetes has it. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notin' | 'exists' | 'absent';
  readonly values: readonly string[];
}

/** What was typed: conditions on labels, and words that are looked for anywhere. */
export interface Query {
  readonly requirements: readonly Requirement[];
  readonly words: readonly string[];
}

const KEY = String.raw`[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?`;
const SET = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s*\(([^()]*)\)`);
const EQUAL = new RegExp(String.raw`^(${KEY})\s*(==|!=|=)\s*([\w.-]*)`);
const ABSENT = new RegExp(`^!(${KEY})`);
const WORD = /^[^\s,]+/;

/**
 * Reads a search: `app=web`, `tier!=db`, `env in (a, b)`, `env notin (c)` and `!canary` are conditions on labels as
 * `kubectl -l` takes them, commas and blanks stand between them, anything else is a word. An unfinished `app=` asks for
 * the key alone.
 */
export function parseQuery(text: string): Query {
  const requirements: Requirement[] = [];
  const words: string[] = [];
  let rest = text;
  for (;;) {
    rest = rest.replace(/^[\s,]+/, '');
    if (rest === '') return { requirements, words };
    const found = requirementAt(rest);
    if (found === undefined) {
      const word = WORD.exec(rest)?.[0] ?? rest;
      words.push(word.toLowerCase());
      rest = rest.slice(word.length);
    } else {
      requirements.push(found.requirement);
      rest = rest.slice(found.length);
    }
  }
}

function requirementAt(
  text: string,
): { readonly requirement: Requirement; readonly length: number } | undefined {
  const set = SET.exec(text);
  if (set !== null) {
    const [whole, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return {
      requirement: { key, operator: operator === 'in' ? 'in' : 'notin', values },
      length: whole.length,
    };
  }
  const absent = ABSENT.exec(text);
  if (absent !== null) {
    const [whole, key = ''] = absent;
    return { requirement: { key, operator: 'absent', values: [] }, length: whole.length };
  }
  const equal = EQUAL.exec(text);
  if (equal === null) return undefined;
  const [whole, key = '', sign, value = ''] = equal;
  const unfinished = value === '' && whole.length === text.trimEnd().length;
  if (unfinished)
    return { requirement: { key, operator: 'exists', values: [] }, length: whole.length };
  return {
    requirement: { key, operator: sign === '!=' ? 'notin' : 'in', values: [value] },
    length: whole.length,
  };
}

/** Whether labels fulfil all conditions. */
export function fulfils(
  labels: Readonly<Record<string, string>>,
  requirements: readonly Requirement[],
): boolean {
  return requirements.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'in':
        return value !== undefined && values.includes(value);
      case 'notin':
        return value === undefined || !values.includes(value);
      case 'exists':
        return value !== undefined;
      case 'absent':
        return value === undefined;
      default:
        return false;
    }
  });
}

/** Labels that are in use: each key with its values. */
export type LabelBook = ReadonlyMap<string, ReadonlySet<string>>;

/** Collects the labels of some things. */
export function labelBook(
  things: Iterable<{ readonly labels?: Readonly<Record<string, string>> }>,
): LabelBook {
  const book = new Map<string, Set<string>>();
  for (const { labels } of things) {
    for (const [key, value] of Object.entries(labels ?? {})) {
      const known = book.get(key);
      if (known === undefined) book.set(key, new Set([value]));
      else known.add(value);
    }
  }
  return book;
}

/** A way to go on with what is typed. */
export interface Completion {
  /** What is told of it. */
  readonly label: string;
  /** The whole search with it. */
  readonly text: string;
}

const MOST = 8;
const OPEN_SET = new RegExp(String.raw`(${KEY})\s+(?:in|notin)\s*\((?:[^()]*,)?\s*([\w.-]*)$`);
const OPEN_VALUE = new RegExp(String.raw`(?:^|[\s,])(${KEY})\s*(?:==|!=|=)\s*([\w.-]*)$`);
const OPEN_KEY = /(?:^|[\s,])!?([\w./-]+)$/;

/** Keys and values that go on with the end of a search; in order, the first few. */
export function completionsOf(text: string, book: LabelBook): readonly Completion[] {
  const set = OPEN_SET.exec(text);
  const value = set ?? OPEN_VALUE.exec(text);
  if (value !== null) {
    const [, key = '', typed = ''] = value;
    return begin(book.get(key) ?? [], typed).map((found) => ({
      label: found,
      text: `${text.slice(0, text.length - typed.length)}${found}`,
    }));
  }
  const [, typed] = OPEN_KEY.exec(text) ?? [];
  if (typed === undefined) return [];
  const negated = text.at(-typed.length - 1) === '!';
  return begin(book.keys(), typed).map((found) => ({
    label: negated ? `!${found}` : `${found}=`,
    text: `${text.slice(0, text.length - typed.length)}${found}${negated ? '' : '='}`,
  }));
}

function begin(all: Iterable<string>, typed: string): readonly string[] {
  const wanted = typed.toLowerCase();
  return [...all]
    .filter((one) => one.toLowerCase().startsWith(wanted) && one !== typed)
    .sort()
    .slice(0, MOST);
}
