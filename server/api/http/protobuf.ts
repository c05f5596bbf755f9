/**
 * Reads Kubernetes' protobuf bodies: newer kubectl sends them for `kubectl create deployment` and the like. Answers are
 * JSON always, so there is no writer.
 *
 * The table of fields names a type's fields as [number, JSON name, type]: `*T` a pointer, whose zero counts; `[T` repeated;
 * `{T` a map from string; an empty JSON name is a struct that Go embeds.
 */

import { readFileSync } from 'node:fs';
import { isObject, type JsonObject, setField } from '../../kube/json.js';
import { rfc3339 } from '../../kube/time.js';

type Field = readonly [number: number, name: string, type: string];

const TYPES = JSON.parse(
  readFileSync(new URL('./protobuf-fields.generated.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, readonly Field[]>>;

const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const MAX_DEPTH = 64;

/** Go packages of the groups, where the group's first word is not the name. */
const PACKAGES: Readonly<Record<string, string>> = {
  '': 'core',
  'autoscaling/v2': 'autoscaling2',
  'rbac.authorization.k8s.io': 'rbac',
};

class ProtobufError extends Error {}

/** An object, or why there is none. */
export type DecodedProtobuf =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly message: string };

/** Reads a body of type application/vnd.kubernetes.protobuf. */
export function decodeProtobuf(body: Uint8Array): DecodedProtobuf {
  try {
    return { ok: true, value: decodeEnvelope(body) };
  } catch (error) {
    if (error instanceof ProtobufError) return { ok: false, message: error.message };
    throw error;
  }
}

function decodeEnvelope(body: Uint8Array): JsonObject {
  if (!MAGIC.every((octet, index) => body[index] === octet)) {
    throw new ProtobufError('the body does not start with the protobuf prefix of Kubernetes');
  }
  const envelope = messageFields(body.subarray(MAGIC.length));
  const meta = messageFields(lastBytes(envelope, 1));
  const apiVersion = utf8(lastBytes(meta, 1));
  const kind = utf8(lastBytes(meta, 2));
  const type = goTypeOf(apiVersion, kind);
  if (type === undefined)
    throw new ProtobufError(`no protobuf form of ${kind} in ${apiVersion} is known`);
  return { apiVersion, kind, ...decodeMessage(type, lastBytes(envelope, 2), 0) };
}

function goTypeOf(apiVersion: string, kind: string): string | undefined {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const own = `${PACKAGES[apiVersion] ?? PACKAGES[group] ?? group.split('.')[0]}.${kind}`;
  return [own, `meta.${kind}`].find((type) => type in TYPES);
}

interface WireField {
  readonly number: number;
  /** A varint, or the octets of a length-delimited field. */
  readonly value: bigint | Uint8Array;
}

class WireReader {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get done(): boolean {
    return this.#at >= this.#octets.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const octet = this.#octets[this.#at++];
      if (octet === undefined) throw new ProtobufError('the body ends within a number');
      value |= BigInt(octet & 0x7f) << shift;
      if (octet < 0x80) return BigInt.asIntN(64, value);
    }
    throw new ProtobufError('a number is too long');
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (length < 0 || end > this.#octets.length)
      throw new ProtobufError('the body ends within a field');
    const part = this.#octets.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}

function messageFields(octets: Uint8Array): WireField[] {
  const reader = new WireReader(octets);
  const fields: WireField[] = [];
  while (!reader.done) {
    const tag = Number(reader.varint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        fields.push({ number, value: reader.varint() });
        break;
      case 1:
        fields.push({ number, value: reader.take(8) });
        break;
      case 2:
        fields.push({ number, value: reader.take(Number(reader.varint())) });
        break;
      case 5:
        fields.push({ number, value: reader.take(4) });
        break;
      default:
        throw new ProtobufError(`unknown wire type ${tag % 8}`);
    }
  }
  return fields;
}

function lastBytes(fields: readonly WireField[], number: number): Uint8Array {
  const value = fields.findLast((field) => field.number === number)?.value;
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function utf8(octets: Uint8Array): string {
  return new TextDecoder().decode(octets);
}

function decodeMessage(type: string, octets: Uint8Array, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw new ProtobufError('the body is nested too deeply');
  const fields = new Map((TYPES[type] ?? []).map((field) => [field[0], field]));
  const result: JsonObject = {};
  for (const { number, value } of messageFields(octets)) {
    const field = fields.get(number);
    if (field !== undefined) addField(result, field, value, depth);
  }
  return result;
}

function addField(
  result: JsonObject,
  [, name, type]: Field,
  value: WireField['value'],
  depth: number,
): void {
  if (type.startsWith('[')) {
    const list = Array.isArray(result[name]) ? result[name] : [];
    list.push(decodeValue(type.slice(1), value, depth));
    result[name] = list;
  } else if (type.startsWith('{')) {
    addEntry(result, name, type.slice(1), value, depth);
  } else if (name === '') {
    Object.assign(result, decodeValue(type, value, depth));
  } else {
    const decoded = decodeValue(type.replace('*', ''), value, depth);
    if (type.startsWith('*') || !isZero(decoded)) setField(result, name, decoded);
  }
}

function addEntry(
  result: JsonObject,
  name: string,
  type: string,
  value: WireField['value'],
  depth: number,
): void {
  if (!(value instanceof Uint8Array)) return;
  const entry = messageFields(value);
  const map: JsonObject = isObject(result[name]) ? result[name] : {};
  const content = entry.findLast((field) => field.number === 2)?.value ?? new Uint8Array();
  setField(map, utf8(lastBytes(entry, 1)), decodeValue(type, content, depth));
  result[name] = map;
}

/** What Go leaves out of JSON by `omitempty`. */
function isZero(value: unknown): boolean {
  if (value === '' || value === 0 || value === false || value === undefined) return true;
  return isObject(value) && Object.keys(value).length === 0;
}

function decodeValue(type: string, value: WireField['value'], depth: number): unknown {
  if (typeof value === 'bigint') return type === 'bool' ? value !== 0n : Number(value);
  switch (type) {
    case 'string':
      return utf8(value);
    case 'bytes':
      return Buffer.from(value).toString('base64');
    case 'resource.Quantity':
      return utf8(lastBytes(messageFields(value), 1));
    case 'meta.Time':
    case 'meta.MicroTime':
      return decodeTime(value);
    case 'intstr.IntOrString':
      return decodeIntOrString(value);
    case 'runtime.RawExtension':
      return JSON.parse(utf8(lastBytes(messageFields(value), 1)) || 'null');
    default:
      if (type.startsWith('[')) return decodeItems(type.slice(1), value, depth);
      return type in TYPES ? decodeMessage(type, value, depth + 1) : undefined;
  }
}

/** A list inside a map is a message of its own, such as ExtraValue, with its elements in field 1. */
function decodeItems(type: string, octets: Uint8Array, depth: number): unknown[] {
  return messageFields(octets)
    .filter(({ number }) => number === 1)
    .map(({ value }) => decodeValue(type, value, depth + 1));
}

function decodeTime(octets: Uint8Array): string | undefined {
  const seconds = messageFields(octets).find((field) => field.number === 1)?.value;
  if (typeof seconds !== 'bigint' || seconds <= 0n) return undefined;
  return rfc3339(Number(seconds) * 1000);
}

function decodeIntOrString(octets: Uint8Array): unknown {
  const fields = messageFields(octets);
  const isText = fields.find((field) => field.number === 1)?.value === 1n;
  if (isText) return utf8(lastBytes(fields, 3));
  const number = fields.find((field) => field.number === 2)?.value;
  return typeof number === 'bigint' ? Number(number) : 0;
}
