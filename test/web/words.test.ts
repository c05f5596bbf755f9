import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const ATTRIBUTES = new Set([
  'aria-label',
  'aria-description',
  'title',
  'placeholder',
  'alt',
  'label',
]);

/** Words as people write them; signs, names of keys and single letters are no words. */
function hasWords(text: string): boolean {
  return /[a-z]{2,}/i.test(text.replace(/&\w+;/g, ''));
}

/** Literal text that a person reads, with its line. */
function literalsOf(path: string): readonly string[] {
  const source = ts.createSourceFile(
    path,
    readFileSync(path, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
    ts.ScriptKind.TSX,
  );
  const found: string[] = [];
  const tell = (node: ts.Node, text: string) => {
    if (!hasWords(text)) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${path}:${line + 1}: ${text.trim().slice(0, 60)}`);
  };
  const literalsIn = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) tell(node, node.text);
    else if (ts.isConditionalExpression(node)) {
      literalsIn(node.whenTrue);
      literalsIn(node.whenFalse);
    } else if (ts.isTemplateExpression(node))
      for (const part of [node.head, ...node.templateSpans.map((span) => span.literal)])
        tell(part, part.text);
    else if (ts.isJsxExpression(node) && node.expression !== undefined) literalsIn(node.expression);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) tell(node, node.text);
    else if (ts.isJsxAttribute(node)) {
      if (ATTRIBUTES.has(node.name.getText()) && node.initializer !== undefined)
        literalsIn(node.initializer);
      else node.initializer?.forEachChild(visit);
      return;
    } else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) literalsIn(node);
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return path.endsWith('.tsx') ? [path] : [];
  });
}

describe('what the page says', () => {
  test('stands in words.ts of each folder, and not where it is shown', () => {
    expect(filesBelow('web').flatMap(literalsOf)).toEqual([]);
  });
});
