/** JSON patch, RFC 6902, with JSON pointers, RFC 6901. All operations are carried out, or none. */

import { cloneJson, deepEqual, isObject, setField } from '../../kube/json.js';

/** What came of a patch. */
export type JsonPatchResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

class PatchFailure extends Error {}

/** Applies operations in order to a copy. */
export function jsonPatch(current: unknown, operations: unknown): JsonPatchResult {
  if (!Array.isArray(operations))
    return { ok: false, message: 'a JSON patch must be a list of operations' };
  let document: unknown = cloneJson(current);
  try {
    for (const operation of operations) document = apply(document, operation);
  } catch (error) {
    if (error instanceof PatchFailure) return { ok: false, message: error.message };
    throw error;
  }
  return { ok: true, value: document };
}

function apply(document: unknown, operation: unknown): unknown {
  if (!isObject(operation)) throw new PatchFailure('an operation must be an object');
  const path = pointer(operation.path);
  switch (operation.op) {
    case 'add':
      return put(document, path, cloneJson(operation.value), 'add');
    case 'replace':
      if (path.length > 0)
        read(
          document,
          path,
          `replace operation does not apply: doc is missing key: ${String(operation.path)}: missing value`,
        );
      return put(document, path, cloneJson(operation.value), 'replace');
    case 'remove':
      return remove(document, path);
    case 'move': {
      const from = pointer(operation.from);
      const value = read(document, from);
      return put(remove(document, from), path, value, 'add');
    }
    case 'copy':
      return put(document, path, cloneJson(read(document, pointer(operation.from))), 'add');
    case 'test':
      if (!deepEqual(read(document, path), operation.value)) {
        throw new PatchFailure(`testing value ${String(operation.path)} failed: test failed`);
      }
      return document;
    default:
      throw new PatchFailure(`Unexpected kind: ${String(operation.op)}`);
  }
}

function pointer(text: unknown): readonly string[] {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) {
    throw new PatchFailure(
      `a path must be a JSON pointer such as /spec/replicas, not ${JSON.stringify(text)}`,
    );
  }
  return text
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function child(container: unknown, step: string): unknown {
  if (Array.isArray(container))
    return /^(0|[1-9]\d*)$/.test(step) ? container[Number(step)] : undefined;
  return isObject(container) && Object.hasOwn(container, step) ? container[step] : undefined;
}

function read(document: unknown, path: readonly string[], message?: string): unknown {
  let value = document;
  for (const step of path) {
    value = child(value, step);
    if (value === undefined)
      throw new PatchFailure(message ?? `path /${path.join('/')} does not exist: missing value`);
  }
  return value;
}

function put(
  document: unknown,
  path: readonly string[],
  value: unknown,
  mode: 'add' | 'replace',
): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const container = read(document, path.slice(0, -1));
  if (Array.isArray(container)) putInArray(container, last, value, mode);
  else if (isObject(container)) setField(container, last, value);
  else throw new PatchFailure(`path /${path.join('/')} leads into a plain value`);
  return document;
}

function putInArray(list: unknown[], step: string, value: unknown, mode: 'add' | 'replace'): void {
  const index = step === '-' ? list.length : Number(step);
  if (!Number.isInteger(index) || index < 0 || index > list.length) {
    throw new PatchFailure(`Unable to access invalid index: ${step}`);
  }
  list.splice(index, mode === 'add' ? 0 : 1, value);
}

function remove(document: unknown, path: readonly string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) throw new PatchFailure('the whole document cannot be removed');
  const container = read(document, path.slice(0, -1));
  read(
    container,
    [last],
    `remove operation does not apply: doc is missing path: /${path.join('/')}: missing value`,
  );
  if (Array.isArray(container)) container.splice(Number(last), 1);
  else if (isObject(container)) delete container[last];
  return document;
}
