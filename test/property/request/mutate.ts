import fc from 'fast-check';
import type { SeedRequest } from './seeds.js';

/** What goes over the wire. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** One thing that is wrong with a request. */
export type Mutation = (request: WireRequest) => WireRequest;

/** A seed as it is sent when nothing is wrong. */
export function wire({ method, path, headers = {}, body }: SeedRequest): WireRequest {
  const text = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const typed = text === undefined ? {} : { 'Content-Type': 'application/json' };
  return { method, path, headers: { ...typed, ...headers }, body: text };
}

const ODD_TEXTS = [
  '',
  ' ',
  '.',
  '..',
  '%',
  '%00',
  '%zz',
  '%2e%2e%2f',
  'a'.repeat(300),
  '%C3%A9',
  '*',
  'NaN',
  '-1',
  '1e9',
  '99999999999999999999',
  'true,false',
  '{}',
  '[]',
  '=',
  '!',
  'a in (b',
  'a notin ()',
  '$(reboot)',
  '__proto__',
  'constructor',
  'toString',
];
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  '',
  ' ',
  'x'.repeat(5000),
  '\u0000',
  '\ud800',
  '10.0.0.0/33',
  '1Gi1',
  '-5m',
  '999999999999999999999999E18',
  [],
  [null],
  [[]],
  {},
  { __proto__: null, constructor: { prototype: 1 } },
  { a: { b: { c: {} } } },
];
const PARAMETERS = [
  'limit',
  'continue',
  'labelSelector',
  'fieldSelector',
  'resourceVersion',
  'resourceVersionMatch',
  'watch',
  'sendInitialEvents',
  'timeoutSeconds',
  'allowWatchBookmarks',
  'dryRun',
  'fieldManager',
  'fieldValidation',
  'force',
  'pretty',
  'propagationPolicy',
  'gracePeriodSeconds',
  'container',
  'follow',
  'previous',
  'tailLines',
  'sinceSeconds',
  'sinceTime',
  'limitBytes',
  'command',
  'stdin',
  'tty',
  'ports',
  'includeObject',
  'orphanDependents',
];
const TYPES = [
  '',
  'application/json',
  'application/yaml',
  'text/plain',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/vnd.kubernetes.protobuf',
  'application/cbor',
  'multipart/form-data; boundary=x',
  ';;;',
];
const ACCEPTS = [
  '',
  '*/*',
  'text/html',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;v=v9;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  ';=,;',
];
const HEADERS: readonly (readonly [string, string])[] = [
  ['Authorization', 'Bearer'],
  ['Authorization', 'Bearer x.y.z'],
  ['Authorization', 'Basic ====='],
  ['Authorization', `Bearer ${'a'.repeat(4000)}`],
  ['Impersonate-User', ''],
  ['Impersonate-User', 'alice'],
  ['Impersonate-Group', 'system:masters'],
  ['Impersonate-Extra-%zz', 'x'],
  ['Accept-Encoding', 'gzip;q=0, br, *;q=x'],
  ['Content-Encoding', 'gzip'],
  ['If-None-Match', '*'],
  ['If-Modified-Since', 'never'],
  ['Range', 'bytes=9-1'],
  ['Expect', '200-maybe'],
  ['Sec-WebSocket-Protocol', 'v1.channel.k8s.io'],
  ['Sec-WebSocket-Protocol', 'a/b, ,'],
  ['Sec-WebSocket-Key', 'short'],
  ['Sec-WebSocket-Version', '99'],
  ['X-Stream-Protocol-Version', 'v9.channel.k8s.io'],
  ['Upgrade', 'h2c'],
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];
const BODIES = [
  '',
  ' ',
  'null',
  'true',
  '0',
  '"text"',
  '[]',
  '{',
  '{}{}',
  '{"a":1,"a":2}',
  '1e999',
  '[{"op":"add"}]',
  '[{"op":"copy","from":"","path":"/a/b"}]',
  '[{"op":"remove","path":""}]',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n',
  'a: 1\n b: 2\n\tc',
  '--- a\n--- b\n',
  '\ufeff{}',
  'k8s\u0000',
  'k8s\u0000\u000a\u0008\u000a\u0002v1\u0012\u0003Pod\u0012\u00ff',
];

const odd = fc.constantFrom(...ODD_TEXTS);
const index = fc.nat(1000);

/** Every way in which a request may be wrong; each shrinks by itself. */
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constantFrom(...METHODS).map(
    (method): Mutation =>
      (request) => ({ ...request, method }),
  ),
  fc.tuple(index, odd).map(
    ([at, text]): Mutation =>
      (request) => {
        const [path = '', query] = request.path.split('?');
        const parts = path.split('/');
        parts[1 + (at % Math.max(1, parts.length - 1))] = text;
        return { ...request, path: `${parts.join('/')}${query === undefined ? '' : `?${query}`}` };
      },
  ),
  odd.map(
    (text): Mutation =>
      (request) => {
        const [path = '', query = ''] = request.path.split('?');
        return { ...request, path: `${path}/${text}?${query}` };
      },
  ),
  fc.tuple(fc.constantFrom(...PARAMETERS), odd).map(
    ([name, text]): Mutation =>
      (request) => ({
        ...request,
        path: `${request.path}${request.path.includes('?') ? '&' : '?'}${name}=${text}`,
      }),
  ),
  fc.constantFrom(...TYPES).map(
    (type): Mutation =>
      (request) =>
        withHeader(request, 'Content-Type', type),
  ),
  fc.constantFrom(...ACCEPTS).map(
    (type): Mutation =>
      (request) =>
        withHeader(request, 'Accept', type),
  ),
  fc.constantFrom(...HEADERS).map(
    ([name, value]): Mutation =>
      (request) =>
        withHeader(request, name, value),
  ),
  fc.constantFrom(...BODIES).map(
    (text): Mutation =>
      (request) => ({ ...request, body: Buffer.from(text) }),
  ),
  fc.tuple(index, fc.nat(255)).map(
    ([at, octet]): Mutation =>
      ({ body, ...request }) => {
        if (body === undefined || body.length === 0) return { ...request, body };
        const changed = Buffer.from(body);
        changed[at % changed.length] = octet;
        return { ...request, body: changed };
      },
  ),
  index.map(
    (at): Mutation =>
      ({ body, ...request }) => ({ ...request, body: body?.subarray(0, at % (body.length + 1)) }),
  ),
  // Most of what can go wrong inside is inside bodies.
  ...Array.from({ length: 12 }, valueMutation),
);

/** Puts something odd in the place of a value inside the JSON of a body, takes it out, or says it twice. */
function valueMutation(): fc.Arbitrary<Mutation> {
  const change = fc.constantFrom('replace', 'remove', 'add', 'nest', 'twice');
  return fc.tuple(index, change, fc.constantFrom(...ODD_VALUES)).map(
    ([at, how, value]): Mutation =>
      (request) => {
        const tree = parse(request.body);
        if (tree === undefined) return request;
        const places = placesOf(tree);
        const place = places[at % places.length];
        if (place === undefined) return request;
        const { owner, key } = place;
        if (how === 'replace') owner[key] = value;
        if (how === 'remove') delete owner[key];
        if (how === 'add') owner[`odd${at}`] = value;
        if (how === 'nest') owner[key] = { [key]: owner[key] };
        if (how === 'twice') owner[key] = [owner[key], owner[key]];
        return { ...request, body: Buffer.from(JSON.stringify(tree)) };
      },
  );
}

interface Place {
  readonly owner: Record<string, unknown>;
  readonly key: string;
}

function placesOf(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((key) => [{ owner, key }, ...placesOf(owner[key])]);
}

function parse(body: Buffer | undefined): unknown {
  if (body === undefined || body.length > 20_000) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

function withHeader(request: WireRequest, name: string, value: string): WireRequest {
  return { ...request, headers: { ...request.headers, [name]: value } };
}
