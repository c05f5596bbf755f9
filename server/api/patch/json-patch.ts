/**
 * JSON patch, RFC 6902, with JSON pointers, RFC 6901. All operations are carried out, or none. What goes wrong is said
 * in the words of the library that API servers use (evanphx/json-patch).
 */

import {
  cloneJson,
  deepEqual,
  isObject,
  nestsTooDeep,
  ownField,
  setField,
} from '../../kube/json.js';
import { jsonType } from '../schema/decode.js';

/** What came of a patch; `malformed` is no patch at all, `failed` one that this document does not take. */
export type JsonPatchResult =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly kind: 'malformed' | 'failed' | 'too-large';
      readonly message: string;
    };

/** How many operations a patch may have, as upstream. */
export const MAX_OPERATIONS = 10_000;
/** How many octets of JSON the copies of one patch may come to, as upstream. */
const MAX_COPIED = 3 * 1024 * 1024;

class PatchFailure extends Error {}

/** Applies operations in order to a copy. */
export function jsonPatch(current: unknown, operations: unknown): JsonPatchResult {
  const malformed = describeMalformed(operations);
  if (malformed !== undefined || !Array.isArray(operations)) {
    return { ok: false, kind: 'malformed', message: malformed ?? '' };
  }
  if (operations.length > MAX_OPERATIONS) {
    return {
      ok: false,
      kind: 'too-large',
      message: `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    };
  }
  const run: Run = { document: cloneJson(current), copied: 0 };
  try {
    for (const operation of operations) apply(run, operation);
    refuseDepth(run.document);
  } catch (error) {
    if (error instanceof PatchFailure) return { ok: false, kind: 'failed', message: error.message };
    throw error;
  }
  return { ok: true, value: run.document };
}

function describeMalformed(operations: unknown): string | undefined {
  const wrong = (value: unknown, where: string, type: string) =>
    `error decoding patch: json: cannot unmarshal ${jsonType(value)} into Go ${where} of type ${type}`;
  if (!Array.isArray(operations)) return wrong(operations, 'value', '[]handlers.jsonPatchOp');
  for (const operation of operations) {
    if (!isObject(operation)) return wrong(operation, 'value', 'handlers.jsonPatchOp');
    for (const field of ['op', 'path', 'from']) {
      const value = operation[field];
      if (value !== undefined && value !== null && typeof value !== 'string')
        return wrong(value, `struct field jsonPatchOp.${field}`, 'string');
    }
  }
  return undefined;
}

interface Run {
  document: unknown;
  copied: number;
}

function apply(run: Run, operation: Record<string, unknown>): void {
  const path = String(operation.path ?? '');
  switch (operation.op) {
    case 'add':
      run.document = add(run.document, path, cloneJson(operation.value ?? null), 'add');
      return;
    case 'replace':
      run.document = replace(run.document, path, cloneJson(operation.value ?? null));
      return;
    case 'remove':
      run.document = remove(run.document, path, 'remove');
      return;
    case 'move': {
      const from = String(operation.from ?? '');
      const value = read(run.document, from, 'move');
      run.document = add(remove(run.document, from, 'move'), path, value, 'move');
      return;
    }
    case 'copy': {
      const value = read(run.document, String(operation.from ?? ''), 'copy');
      refuseDepth(value);
      run.copied += JSON.stringify(value).length;
      if (run.copied > MAX_COPIED)
        throw new PatchFailure(
          `Unable to complete the copy, the accumulated size increase of copy is ${run.copied}, exceeding the limit ${MAX_COPIED}`,
        );
      run.document = add(run.document, path, cloneJson(value), 'copy');
      return;
    }
    case 'test':
      test(run.document, path, operation.value ?? null);
      return;
    default:
      throw new PatchFailure(`Unexpected kind: ${String(operation.op ?? 'unknown')}`);
  }
}

function refuseDepth(value: unknown): void {
  if (nestsTooDeep(value)) throw new PatchFailure('exceeded max depth');
}

function steps(path: string): readonly string[] {
  return path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

interface Place {
  readonly container: unknown[] | Record<string, unknown>;
  readonly key: string;
}

/** The mapping or list that a path ends in; undefined when the way there is missing. */
function find(document: unknown, path: string): Place | undefined {
  const way = steps(path);
  const key = way.at(-1);
  if (key === undefined || !path.startsWith('/')) return undefined;
  let container = document;
  for (const step of way.slice(0, -1)) container = child(container, step);
  return Array.isArray(container) || isObject(container) ? { container, key } : undefined;
}

function child(container: unknown, step: string): unknown {
  if (Array.isArray(container))
    return /^(0|[1-9]\d*)$/.test(step) ? container[Number(step)] : undefined;
  return isObject(container) && ownField(container, step);
}

function place(document: unknown, path: string, verb: string): Place {
  const found = find(document, path);
  if (found === undefined)
    throw new PatchFailure(
      `${verb} operation does not apply: doc is missing path: "${path}": missing value`,
    );
  return found;
}

function read(document: unknown, path: string, verb: string): unknown {
  if (path === '') return document;
  const { container, key } = place(document, path, verb);
  const value = child(container, key);
  if (value === undefined)
    throw new PatchFailure(`error in ${verb} for path: '${path}': missing value`);
  return value;
}

function add(document: unknown, path: string, value: unknown, verb: string): unknown {
  if (path === '') return value;
  const { container, key } = place(document, path, verb);
  if (!Array.isArray(container)) setField(container, key, value);
  else container.splice(insertionIndex(container, key, path, verb), 0, value);
  return document;
}

function insertionIndex(list: readonly unknown[], key: string, path: string, verb: string): number {
  if (key === '-') return list.length;
  const index = arrayIndex(list.length + 1, key);
  if (index === undefined)
    throw new PatchFailure(
      `error in ${verb} for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`,
    );
  return index;
}

/** An index from 0 up to a length; negative ones count from the end. */
function arrayIndex(length: number, key: string): number | undefined {
  if (!/^-?\d{1,9}$/.test(key)) return undefined;
  const number = Number(key);
  const index = number < 0 ? number + length : number;
  return index >= 0 && index < length ? index : undefined;
}

function replace(document: unknown, path: string, value: unknown): unknown {
  if (path === '') return value;
  const { container, key } = place(document, path, 'replace');
  if (child(container, key) === undefined)
    throw new PatchFailure(
      `replace operation does not apply: doc is missing key: ${path}: missing value`,
    );
  if (Array.isArray(container)) container[Number(key)] = value;
  else setField(container, key, value);
  return document;
}

function remove(document: unknown, path: string, verb: string): unknown {
  const { container, key } = place(document, path, verb);
  const index = Array.isArray(container) ? arrayIndex(container.length, key) : undefined;
  if (Array.isArray(container)) {
    if (index === undefined)
      throw new PatchFailure(
        `error in ${verb} for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`,
      );
    container.splice(index, 1);
  } else if (Object.hasOwn(container, key)) delete container[key];
  else
    throw new PatchFailure(
      `error in ${verb} for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`,
    );
  return document;
}

function test(document: unknown, path: string, wanted: unknown): void {
  const found = path === '' ? document : child(...placeOf(place(document, path, 'test')));
  if (deepEqual(found ?? null, wanted)) return;
  throw new PatchFailure(`testing value ${path} failed: test failed`);
}

function placeOf({ container, key }: Place): [unknown, string] {
  return [container, key];
}
