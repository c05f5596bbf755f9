import type { Commands } from '../contract/live.js';

/** Longest names and addresses of a request, in letters; manifests are `text`. */
const MOST_LETTERS = 1000;
/** Letters of a wrong value that are repeated. */
const MOST_QUOTED = 40;
/** Most elements of a list. */
const MOST_ELEMENTS = 1000;

/**
 * What a field holds: `text` is a string of any length; a question mark says that it may be missing. An object names the fields
 * of an object; a list of one names what its elements are, and may be missing.
 */
type FieldShape =
  | `${'string' | 'text' | 'number' | 'boolean'}${'' | '?'}`
  | { readonly [field: string]: FieldShape }
  | readonly [FieldShape];

type Shapes = { readonly [field: string]: FieldShape };

type KeyOf<T> = T extends T ? keyof T : never;

type Fields<T> = { readonly [Key in KeyOf<T>]-?: FieldShape };

const ID = { id: 'string' } as const;
const OBJECT = {
  apiVersion: 'string',
  kind: 'string',
  namespace: 'string?',
  name: 'string',
} as const;
const TRACE = {
  from: 'string',
  to: 'string',
  protocol: 'string',
  port: 'number?',
  namespace: 'string?',
  ttl: 'number?',
  size: 'number?',
  dontFragment: 'boolean?',
} as const;
const MANIFEST = {
  text: 'text',
  file: 'string?',
  namespace: 'string?',
  dryRun: 'boolean?',
  edited: [{ ...OBJECT, version: 'string' }],
} as const;

/** The fields that a request of each command may have. Which of them belong together is for the command to say. */
const REQUESTS: { readonly [Name in keyof Commands]: Fields<Commands[Name]['request']> } = {
  trace: TRACE,
  traceStep: { ...ID, hop: 'number', step: 'number' },
  podStep: { ...ID, artefacts: 'string' },
  traceCapture: ID,
  traces: {},
  keptTrace: ID,
  tracePackets: ID,
  details: ID,
  inside: { ids: ['string'] },
  reach: ID,
  apply: MANIFEST,
  deleteManifest: MANIFEST,
  load: OBJECT,
  act: {
    act: 'string',
    apiVersion: 'string?',
    kind: 'string?',
    namespace: 'string?',
    name: 'string?',
    replicas: 'number?',
    gracePeriodSeconds: 'number?',
    node: 'string?',
  },
  undo: ID,
  snapshots: { snapshot: 'string', name: 'string?' },
  fault: { kind: 'string', edge: 'string?', pod: 'string?', container: 'string?', node: 'string?' },
  clock: { paused: 'boolean?', speed: 'number?', step: 'boolean?' },
  logs: { pod: 'string', container: 'string', previous: 'boolean?' },
  tryBind: {
    pod: 'string',
    container: 'string',
    protocol: 'string',
    address: 'string',
    port: 'number',
    reuseAddr: 'boolean?',
    reusePort: 'boolean?',
    v6only: 'boolean?',
  },
  captureStart: { of: 'string', device: 'string', filter: 'string' },
  captureRead: { ...ID, after: 'number' },
  captureStop: ID,
  capturePacket: { ...ID, number: 'number' },
  captureFile: ID,
  queue: {
    pod: 'string',
    container: 'string',
    kind: 'string',
    action: 'string',
    name: 'string',
    text: 'text?',
    priority: 'number?',
  },
  suggest: { trace: TRACE, journey: 'string?', run: 'string' },
  suggestEnd: { run: 'string' },
  typed: { pod: 'string?', machine: 'string?', lines: ['string'] },
};

/** What is wrong with the types of a request's fields, in words; undefined when nothing is. */
export function shapeProblem(command: keyof Commands, request: unknown): string | undefined {
  return isObject(request)
    ? fieldsProblem(REQUESTS[command], request)
    : 'the request must be an object';
}

function fieldsProblem(
  fields: Shapes,
  held: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const [name, shape] of Object.entries(fields)) {
    const problem = problemOf(shape, Object.hasOwn(held, name) ? held[name] : undefined);
    if (problem !== undefined) return `${name} ${problem}`;
  }
  return undefined;
}

function problemOf(shape: FieldShape, value: unknown): string | undefined {
  if (typeof shape === 'string') return valueProblem(shape, value);
  if (isList(shape)) return listProblem(shape[0], value);
  if (!isObject(value)) return `must be an object, not ${wordFor(value)}`;
  const problem = fieldsProblem(shape, value);
  return problem === undefined ? undefined : `is not right: ${problem}`;
}

function isList(shape: FieldShape): shape is readonly [FieldShape] {
  return Array.isArray(shape);
}

function valueProblem(shape: string, value: unknown): string | undefined {
  const isOptional = shape.endsWith('?');
  if (value === undefined) return isOptional ? undefined : 'is missing';
  const kind = isOptional ? shape.slice(0, -1) : shape;
  if (typeof value !== (kind === 'text' ? 'string' : kind))
    return `must be a ${kind === 'text' ? 'string' : kind}, not ${wordFor(value)}`;
  if (kind === 'string' && typeof value === 'string' && value.length > MOST_LETTERS)
    return `must have at most ${MOST_LETTERS} letters, not ${value.length}`;
  return undefined;
}

function listProblem(element: FieldShape, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return `must be a list, not ${wordFor(value)}`;
  if (value.length > MOST_ELEMENTS)
    return `must have at most ${MOST_ELEMENTS} elements, not ${value.length}`;
  for (const [index, item] of value.entries()) {
    const problem = problemOf(element, item);
    if (problem !== undefined) return `has an element ${index} that ${problem}`;
  }
  return undefined;
}

function wordFor(value: unknown): string {
  if (value === null || value === undefined) return value === null ? 'null' : 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `'${value.slice(0, MOST_QUOTED)}'` : `${value}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
