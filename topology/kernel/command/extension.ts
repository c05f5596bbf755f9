import type { Asked } from '../ops.js';
import type { Words } from './words.js';

/** What an option of an extension takes, and what it does with it. */
export interface ExtensionOption {
  /** Words that follow it; default 1. */
  readonly args?: 0 | 1 | 2;
  /** Whether `!` may stand before it. */
  readonly invertible?: boolean;
  readonly mandatory?: boolean;
  /** Whether it may be given again. */
  readonly multi?: boolean;
  /** Names of options that cannot stand beside it, and of those it needs. */
  readonly excludes?: readonly string[];
  readonly needs?: readonly string[];
  /** Reads the words behind the option; `!` stood before it when `invert`. */
  read(words: Words, invert: boolean): void;
}

/** A match or target while its options are read (struct xtables_match, struct xtables_target). */
export interface Extension<T> {
  /** As messages name it. */
  readonly name: string;
  /** By names without dashes; `a|b` is one option of two names, the first of which messages use. */
  readonly options: Readonly<Record<string, ExtensionOption>>;
  /** What was read; checks what no single option can. */
  finish(words: Words): T;
}

/** One extension of one rule: finds its options, and holds them to their rules as libxtables does. */
export class ExtensionReader<T> {
  private readonly extension: Extension<T>;
  private readonly byName = new Map<string, { readonly main: string; option: ExtensionOption }>();
  private readonly seen = new Set<string>();

  constructor(extension: Extension<T>) {
    this.extension = extension;
    for (const [names, option] of Object.entries(extension.options)) {
      const [main = '', ...others] = names.split('|');
      for (const name of [main, ...others]) this.byName.set(name, { main, option });
    }
  }

  /** Names of the options, without dashes. */
  get names(): Iterable<string> {
    return this.byName.keys();
  }

  /** Reads one of its options, whose full name was taken; false when it is not one. */
  read(words: Words, name: string, invert: boolean): boolean {
    const found = this.byName.get(name);
    if (found === undefined) return false;
    const { main, option } = found;
    const label = this.extension.name;
    if (invert && option.invertible !== true) {
      words.bad(
        `--${name}`,
        `${label}: option "--${main}" cannot be inverted.\n`,
        `no ! before --${main}`,
      );
    }
    if (this.seen.has(main) && option.multi !== true) {
      words.bad(
        `--${name}`,
        `${label}: option "--${main}" can only be used once.\n`,
        `one --${main}`,
      );
    }
    this.seen.add(main);
    if (option.args !== 0 && words.more === false && !words.failed) {
      words.bad('', `option "--${name}" requires an argument`, `a value behind --${name}`);
    }
    option.read(words, invert);
    return true;
  }

  /** Checks what options need and exclude, and gives what was read. */
  finish(words: Words): T {
    // As xtables_option_mfcall: the extension's own check first, then what its options ask for.
    const made = this.extension.finish(words);
    for (const { main, option } of this.byName.values()) this.check(words, main, option);
    return made;
  }

  private check(words: Words, main: string, option: ExtensionOption): void {
    const label = this.extension.name;
    const given = this.seen.has(main);
    if (!given && option.mandatory === true) {
      words.bad(words.peek, `${label}: option "--${main}" must be specified\n`, `--${main}`);
    }
    if (!given) return;
    for (const other of option.excludes ?? []) {
      if (!this.seen.has(other)) continue;
      const message = `${label}: option "--${main}" cannot be used together with "--${other}".\n`;
      words.bad(`--${main}`, message, `--${main} or --${other}`);
    }
    for (const other of option.needs ?? []) {
      if (this.seen.has(other)) continue;
      words.bad(
        `--${main}`,
        `${label}: option "--${main}" also requires "--${other}".\n`,
        `--${other}`,
      );
    }
  }
}

/** Reads a number as strtoul(3) with base 0 does: decimal, 0x, or octal with 0; undefined when it is none. */
export function parseInteger(text: string): number | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number(text);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
}

/** What the readers below need to word a message. */
export interface OptionPlace {
  readonly extension: string;
  readonly option: string;
}

/** An integer within bounds (XTTYPE_UINT*). */
export function readInteger(words: Words, place: OptionPlace, from: number, to: number): number {
  const text = words.take();
  const value = parseInteger(text);
  if (value === undefined || value < from || value > to) {
    const message = `${place.extension}: bad value for option "--${place.option}", or out of range (${from}-${to}).\n`;
    words.bad(text, message, `a number from ${from} to ${to}`);
    return from;
  }
  return value;
}

/** `N` or `N:M`, where an end left out is the bound (XTTYPE_UINT*RC). */
export function readIntegerRange(
  words: Words,
  place: OptionPlace,
  to: number,
): { readonly from: number; readonly to: number; readonly count: number } {
  const text = words.take();
  const parts = text.split(':');
  const values = parts.map((part, index) =>
    part === '' && parts.length > 1 ? (index === 0 ? 0 : to) : parseInteger(part),
  );
  const [low, high = low] = values;
  if (parts.length > 2) {
    const message = `${place.extension}: Too many components for option "--${place.option}" (max: 2)\n`;
    words.bad(text, message, 'N or N:M');
  }
  if (low === undefined || high === undefined || low > to || high > to) {
    const near = low === undefined || low > to ? text : (parts[1] ?? '');
    const message = `${place.extension}: bad value for option "--${place.option}" near "${near}", or out of range (0-${to}).\n`;
    words.bad(text, message, `a number from 0 to ${to}, or N:M`);
    return { from: 0, to: 0, count: 1 };
  }
  return { from: low, to: high, count: parts.length };
}

/** 32 bits, with a mask behind `/` (XTTYPE_MARKMASK32). */
export function readMark(
  words: Words,
  place: OptionPlace,
): { readonly value: number; readonly mask: number } {
  const text = words.take();
  const [valueText = '', maskText] = text.split('/');
  const value = parseInteger(valueText);
  const mask = maskText === undefined ? 0xffffffff : parseInteger(maskText);
  if (value === undefined || mask === undefined || value > 0xffffffff || mask > 0xffffffff) {
    const message = `${place.extension}: bad integer value for option "--${place.option}", or out of range.\n`;
    words.bad(text, message, 'a mark of 32 bits such as 0x4000 or 0x4000/0x4000');
    return { value: 0, mask: 0 };
  }
  return { value, mask };
}

/** `Bad value for "--x" option: "y"`, as xtables_param_act words it. */
export function badValue(words: Words, place: OptionPlace, text: string, expected: string): void {
  const message = `${place.extension}: Bad value for "--${place.option}" option: "${text}"`;
  words.bad(text, message, expected);
}

/** A value with the `!` that stood before its option. */
export function asked<T>(value: T, invert: boolean): Asked<T> {
  return invert ? { value, invert } : { value };
}

/** The mark of a match behind `!`. */
export function inverted(invert: boolean): { readonly invert?: true } {
  return invert ? { invert: true } : {};
}
