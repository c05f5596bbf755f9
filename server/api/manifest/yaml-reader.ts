/**
 * Reads YAML and JSON texts into documents with positions, as kubectl reads them: YAML 1.1 truth values (`y`, `on`), octal
 * numbers, no times and no base-60 numbers. KYAML and JSON are YAML.
 */

import {
  type Document,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ScalarTag,
  type YAMLParseError,
} from 'yaml';
import { duplicateKeys } from './duplicate-keys.js';
import { createLocator, type Locator, type Position } from './locate.js';
import type { Problem } from './problem.js';

/** A document that could be read. */
export interface YamlDocument {
  readonly value: unknown;
  /** Where its first content stands. */
  readonly position: Position;
  readonly node: Node | null;
  readonly lines: LineCounter;
}

/** What a text holds. */
export interface YamlContents {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly Problem[];
}

const TIMESTAMP = 'tag:yaml.org,2002:timestamp';
const BINARY = 'tag:yaml.org,2002:binary';
/** How often aliases may be followed; beyond that a small file could fill the memory. */
const MAX_ALIASES = 1000;

type Tags = readonly (string | { readonly tag?: string; readonly format?: string })[];

function kubernetesTags<T extends Tags>(tags: T): T[number][] {
  return tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (tag.tag !== TIMESTAMP && tag.tag !== BINARY && tag.format !== 'TIME'),
  );
}

/** Reads a text. Problems in one document do not stop the others. */
export function readYaml(file: string, text: string): YamlContents {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const documents: YamlDocument[] = [];
  const parsed = parseText(text, lines);
  if (typeof parsed === 'string')
    return {
      documents,
      problems: [{ reason: 'syntax', file, line: 1, column: 1, message: parsed }],
    };
  for (const document of parsed) {
    const [error] = document.errors;
    if (error !== undefined) {
      const found = distinct(document.errors).map((one) => syntaxProblem(file, text, one));
      const templates = found.filter((problem) => problem.reason === 'template');
      problems.push(...(templates.length > 0 ? templates : found));
      continue;
    }
    if (document.contents === null) continue;
    const twice = duplicateKeys(document.contents);
    if (twice.length > 0) {
      for (const offset of twice.slice(0, MAX_ERRORS_PER_DOCUMENT))
        problems.push(duplicateProblem(file, text, at(lines, offset)));
      continue;
    }
    const read = toValue(file, document, lines);
    if ('message' in read) problems.push(read);
    else documents.push(read);
  }
  return { documents, problems };
}

/** The documents of a text; a sentence where the parser gives up, as it does on thousands of nested brackets. */
function parseText(text: string, lines: LineCounter): readonly Document.Parsed[] | string {
  try {
    const parsed = parseAllDocuments(text, {
      version: '1.1',
      schema: 'yaml-1.1',
      customTags: (tags) => kubernetesTags(tags as ScalarTag[]) as ScalarTag[],
      lineCounter: lines,
      prettyErrors: true,
      uniqueKeys: false,
      logLevel: 'silent',
    });
    return Array.isArray(parsed) ? parsed : [];
  } catch (error) {
    return sentenceOf(error);
  }
}

/** A locator for what stands at some steps below a document's root. */
export function locatorFor(document: YamlDocument, steps: readonly (string | number)[]): Locator {
  let { node } = document;
  for (const step of steps) {
    const below: unknown =
      node !== null && 'get' in node && typeof node.get === 'function'
        ? node.get(step, true)
        : null;
    node = (below ?? null) as Node | null;
  }
  const start =
    node?.range === undefined || node.range === null
      ? document.position
      : at(document.lines, node.range[0]);
  return createLocator(node, document.lines, start);
}

function at(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return line === 0 ? { line: 1, column: 1 } : { line, column: col };
}

function toValue(
  file: string,
  document: Document.Parsed,
  lines: LineCounter,
): YamlDocument | Problem {
  const position = at(lines, document.contents?.range?.[0] ?? 0);
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { value, position, node: document.contents, lines };
  } catch (error) {
    return { reason: 'syntax', file, ...position, message: sentenceOf(error) };
  }
}

/** The parser wraps an overflow of its own stack in a syntax error. */
function withoutStack(message: string): string {
  return message.startsWith('Maximum call stack size exceeded') ? 'is nested too deeply' : message;
}

/** What the parser or the reading of values gave up on. */
function sentenceOf(error: unknown): string {
  if (error instanceof RangeError) return 'is nested too deeply';
  const message = error instanceof Error ? error.message : String(error);
  return message.startsWith('Excessive alias count')
    ? `its aliases are followed more than ${MAX_ALIASES} times: such a small file could fill the memory`
    : message;
}

const MAX_ERRORS_PER_DOCUMENT = 3;

function distinct(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const lines = new Set<number | undefined>();
  const result = errors.filter((error) => {
    const line = error.linePos?.[0].line;
    const fresh = !lines.has(line);
    lines.add(line);
    return fresh;
  });
  return result.slice(0, MAX_ERRORS_PER_DOCUMENT);
}

function syntaxProblem(file: string, text: string, error: YAMLParseError): Problem {
  const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
  const source = text.split('\n')[line - 1] ?? '';
  const message =
    withoutStack(error.message)
      .split('\n')[0]
      ?.replace(/ at line \d+, column \d+:?$/, '') ?? error.code;
  const hint = hintFor(error.code, source, text, line);
  const template = source.includes('{{');
  return {
    reason: template ? 'template' : 'syntax',
    file,
    line,
    column: col,
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}

function duplicateProblem(file: string, text: string, position: Position): Problem {
  const source = text.split('\n')[position.line - 1] ?? '';
  const hint = hintFor('DUPLICATE_KEY', source, text, position.line);
  return {
    reason: source.includes('{{') ? 'template' : 'duplicate-key',
    file,
    ...position,
    message: duplicateMessage(source),
    ...(hint === undefined ? {} : { hint }),
  };
}

function duplicateMessage(source: string): string {
  const key = /^\s*(?:- )?["']?([^:"']+)["']?\s*:/.exec(source)?.[1];
  return key === undefined
    ? 'a key is there twice in one mapping'
    : `the key "${key}" is there twice in one mapping`;
}

function hintFor(code: string, source: string, text: string, line: number): string | undefined {
  if (source.includes('{{'))
    return 'this is a template: render it first, for example with helm template';
  if (/^\s*\t/.test(source) || code === 'TAB_AS_INDENT')
    return 'indent with spaces: YAML takes no tabs';
  if (/^\s*[–—]/.test(source)) return 'a list element starts with a hyphen "-", not with a dash';
  if (/[“”‘’]/.test(source)) return 'use straight quotes';
  if (isFlat(text))
    return 'all indentation is lost: put two spaces before the fields of each mapping';
  if (code === 'DUPLICATE_KEY')
    return 'separate objects with a line "---", or indent the second one where it belongs';
  const before = text
    .split('\n')
    .slice(0, line)
    .findLast((one, index) => index < line - 1 && one.trim() !== '');
  if (before !== undefined && /[|>][+-]?\s*$/.test(before))
    return 'indent the text of a block by more than its key';
  if (
    code === 'BLOCK_AS_IMPLICIT_KEY' ||
    code === 'BAD_INDENT' ||
    code === 'MULTILINE_IMPLICIT_KEY'
  ) {
    return 'check the indentation of this line and the one before';
  }
  return undefined;
}

/** Whether no line of a manifest is indented. */
function isFlat(text: string): boolean {
  const filled = text.split('\n').filter((one) => one.trim() !== '' && !one.startsWith('#'));
  return (
    filled.length > 3 && /^metadata:\s*$/m.test(text) && !filled.some((one) => /^\s/.test(one))
  );
}
