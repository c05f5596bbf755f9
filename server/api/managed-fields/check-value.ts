/**
 * Whether a value that somebody applies fits its type, in upstream's words.
 *
 * Source: structured-merge-diff, `typed/validate.go` and `typed/helpers.go`.
 */

import { isObject } from '../../kube/json.js';
import { describeGoValue, goTypeOf } from '../patch/go-format.js';
import { listElement } from './list-element.js';
import {
  type ListType,
  type MapType,
  type MergeType,
  resolveType,
  type ScalarKind,
} from './merge-type.js';
import { describePathElement, fieldElement } from './path-element.js';

const MAX_PROBLEMS = 100;

/** What is wrong with a value, one sentence each, such as `.spec.foo: field not declared in schema`. */
export function checkValue(type: MergeType, value: unknown): readonly string[] {
  const problems: string[] = [];
  check(type, value, '', problems);
  return problems;
}

/** The problems as one text. */
export function describeProblems(problems: readonly string[]): string {
  return problems.length === 1
    ? problems.join('')
    : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
}

function report(problems: string[], path: string, text: string): void {
  if (problems.length < MAX_PROBLEMS) problems.push(path === '' ? text : `${path}: ${text}`);
}

function check(type: MergeType, value: unknown, path: string, problems: string[]): void {
  if (value === null || value === undefined) return;
  const known = resolveType(type, value);
  switch (known.kind) {
    case 'scalar': {
      const complaint = checkScalar(known.scalar, value);
      if (complaint !== undefined) report(problems, path, complaint);
      return;
    }
    case 'list':
      checkList(known, value, path, problems);
      return;
    case 'map':
      checkMap(known, value, path, problems);
  }
}

function checkScalar(scalar: ScalarKind, value: unknown): string | undefined {
  switch (scalar) {
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${describeGoValue(value)}}`;
    case 'numeric':
      return typeof value === 'number'
        ? undefined
        : `expected numeric (int or float), got ${goTypeOf(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got ${goTypeOf(value)}`;
    case 'untyped':
      return typeof value === 'object'
        ? `expected any scalar, got &{${describeGoValue(value)}}`
        : undefined;
  }
}

function checkList(type: ListType, value: unknown, path: string, problems: string[]): void {
  if (!Array.isArray(value)) {
    report(problems, path, `expected list, got &{${describeGoValue(value)}}`);
    return;
  }
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const step = listElement(type, index, item);
    if (!step.ok) {
      report(problems, path, `element ${index}: ${step.message}`);
      continue;
    }
    const name = describePathElement(step.element);
    if (type.relationship !== 'atomic' && seen.has(name)) {
      report(problems, path, `duplicate entries for key ${name}`);
    }
    seen.add(name);
    check(type.element, item, `${path}${name}`, problems);
  }
}

function checkMap(type: MapType, value: unknown, path: string, problems: string[]): void {
  if (!isObject(value)) {
    report(problems, path, `expected map, got &{${describeGoValue(value)}}`);
    return;
  }
  for (const [name, entry] of Object.entries(value)) {
    const inner = type.field(name) ?? type.element;
    const at = `${path}${describePathElement(fieldElement(name))}`;
    if (inner === undefined) report(problems, at, 'field not declared in schema');
    else check(inner, entry, at, problems);
  }
}
