/** Reads what a client wants back (`Accept`) and what it sent (`Content-Type`). */

import { parse as parseYaml } from 'yaml';
import { nestsTooDeep } from '../../kube/json.js';
import type { PatchType } from '../request.js';
import { decodeProtobuf } from './protobuf.js';

/** The form of an answer. */
export type AnswerForm = 'object' | 'table' | 'metadata';

interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The ranges of an Accept header, in its order. */
export function parseAccept(header: string | undefined): readonly MediaRange[] {
  return (header ?? '*/*').split(',').map((part) => {
    const [type = '', ...rest] = part.trim().split(';');
    const pairs = rest.map((one): [string, string] => {
      const [key = '', value = ''] = one.trim().split('=');
      return [key, value];
    });
    return { type: type.trim(), parameters: new Map(pairs) };
  });
}

const JSON_TYPES = ['application/json', 'application/*', '*/*', ''];

/** The first form that can be given; undefined when the client takes none (406). */
export function answerForm(header: string | undefined): AnswerForm | undefined {
  for (const { type, parameters } of parseAccept(header)) {
    if (!JSON_TYPES.includes(type)) continue;
    const as = parameters.get('as');
    if (as === undefined) return 'object';
    if (parameters.get('v') !== 'v1') continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata';
  }
  return undefined;
}

/** A body, or what is wrong with it. */
export type ParsedBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: 400 | 415; readonly message: string };

/** How often YAML aliases may be followed. */
const MAX_ALIASES = 100;

/** Reads a body; the type is not to be trusted, so what starts like JSON is JSON. */
export function parseBody(body: Uint8Array, contentType: string | undefined): ParsedBody {
  if (body.length === 0) return { ok: true, value: undefined };
  if (contentType?.startsWith('application/vnd.kubernetes.protobuf')) {
    const decoded = decodeProtobuf(body);
    return decoded.ok ? decoded : { ok: false, code: 400, message: decoded.message };
  }
  if (contentType?.startsWith('application/cbor')) {
    return {
      ok: false,
      code: 415,
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    };
  }
  const text = new TextDecoder().decode(body);
  const isYaml = contentType?.includes('yaml') === true && !/^\s*[[{]/.test(text);
  try {
    const value: unknown = isYaml
      ? parseYaml(text, { maxAliasCount: MAX_ALIASES, uniqueKeys: false })
      : JSON.parse(text);
    if (nestsTooDeep(value)) {
      const message = 'the object provided is unrecognized: exceeded max depth';
      return { ok: false, code: 400, message };
    }
    return { ok: true, value };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, code: 400, message: `the object provided is unrecognized: ${why}` };
  }
}

/** The content types of patches, in upstream's order. */
export const PATCH_TYPES: readonly (readonly [mediaType: string, type: PatchType])[] = [
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
  ['application/apply-patch+yaml', 'apply'],
];

/** The kind of patch that a content type announces. */
export function patchTypeOf(contentType: string | undefined): PatchType | undefined {
  const given = contentType?.split(';')[0]?.trim();
  return PATCH_TYPES.find(([mediaType]) => given === mediaType)?.[1];
}
