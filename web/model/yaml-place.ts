/** Where in a manifest a position is. */
export interface YamlPlace {
  /** Fields from the top of the document down to the one that holds the position; lists have no entry. */
  readonly path: readonly string[];
  /** The field whose value the position is in, when it stands right of a colon. */
  readonly field: string | undefined;
  /** What is written before the position of the word there. */
  readonly word: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Column at which the fields of this mapping stand. */
  readonly indent: number;
  /** Fields that the mapping has already, of those above. */
  readonly siblings: readonly string[];
}

/** Lines of a text, from 1 to `count`. */
export interface TextLines {
  readonly count: number;
  line(number: number): string;
}

/** How far a document is searched, in lines: a hostile text does not make typing slow. */
const REACH = 5000;

const ENTRY = /^(\s*(?:- +)*)("[^"]*"|'[^']*'|[\w./~$-]+)\s*:(?=\s|$)/;

/** Reads the lines around a position; nothing is parsed, so texts that are not valid yet are read too. */
export function placeAt(text: TextLines, at: { line: number; column: number }): YamlPlace {
  const before = text.line(at.line).slice(0, at.column);
  const inValue = /^(\s*(?:- +)*)([\w./~$-]+):\s+(.*)$/.exec(before);
  const lead = /^\s*(?:- +)*/.exec(before)?.[0] ?? '';
  const indent = lead.length;
  const word = inValue?.[3] ?? before.slice(lead.length);
  return {
    ...pathAbove(text, at.line, indent),
    ...headOf(text, at.line),
    field: inValue?.[2],
    word,
    indent,
  };
}

function pathAbove(text: TextLines, from: number, indent: number) {
  const path: string[] = [];
  const siblings: string[] = [];
  let threshold = indent;
  let isOwnItem = !/^\s*- /.test(text.line(from));
  for (let number = from - 1; number >= Math.max(1, from - REACH); number -= 1) {
    const line = text.line(number);
    if (isBreak(line) || threshold === 0) {
      if (isBreak(line)) break;
    }
    const entry = ENTRY.exec(line);
    if (entry === null) continue;
    const [, lead = '', key = ''] = entry;
    if (path.length === 0 && lead.length === indent && isOwnItem) siblings.push(unquoted(key));
    if (path.length === 0 && lead.includes('-') && lead.length === indent) isOwnItem = false;
    if (lead.length >= threshold) continue;
    path.unshift(unquoted(key));
    threshold = lead.length;
  }
  return { path, siblings };
}

function headOf(text: TextLines, from: number) {
  let start = from;
  while (start > 1 && from - start < REACH && !isBreak(text.line(start))) start -= 1;
  let apiVersion = '';
  let kind = '';
  const last = Math.min(text.count, from + REACH);
  for (let number = start; number <= last; number += 1) {
    const line = text.line(number);
    if (number > from && isBreak(line)) break;
    const found = /^(apiVersion|kind):\s*["']?([\w./-]+)/.exec(line);
    if (found?.[1] === 'apiVersion') apiVersion = found[2] ?? '';
    if (found?.[1] === 'kind') kind = found[2] ?? '';
    if (apiVersion !== '' && kind !== '' && number >= from) break;
  }
  return { apiVersion, kind };
}

function isBreak(line: string): boolean {
  return line.startsWith('---');
}

function unquoted(key: string): string {
  return /^["']/.test(key) ? key.slice(1, -1) : key;
}
