import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { Text } from '@codemirror/state';
import { placeAt, type TextLines, type YamlPlace } from '../model/yaml-place.js';
import type { SchemaSource } from './schema-source.js';
import {
  resolved,
  type Schema,
  type Schemas,
  schemaAt,
  schemaOfKind,
  typeName,
  valuesOf,
} from './schema-walk.js';

/** Lines of a document of the editor. */
export function linesOf(text: Text): TextLines {
  return { count: text.lines, line: (number) => text.line(number).text };
}

/** Completes what a manifest may hold at a position, from the cluster's own OpenAPI document. */
export function completeManifest(source: SchemaSource) {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const line = context.state.doc.lineAt(context.pos);
    const place = placeAt(linesOf(context.state.doc), {
      line: line.number,
      column: context.pos - line.from,
    });
    const options = await optionsAt(source, place);
    const from = context.pos - place.word.length;
    if (
      options.length === 0 ||
      (place.word === '' && place.field === undefined && !context.explicit)
    )
      return null;
    return { from, options: [...options], validFor: /^[\w./-]*$/ };
  };
}

/** What may stand at a place. */
export async function optionsAt(
  source: SchemaSource,
  place: YamlPlace,
): Promise<readonly Completion[]> {
  const { path, field } = place;
  if (path.length === 0 && (field === 'apiVersion' || field === 'kind'))
    return headOptions(source, place);
  const found = await mappingAt(source, place);
  if (found === undefined) {
    if (path.length > 0 || field !== undefined) return [];
    return ['apiVersion', 'kind', 'metadata', 'spec'].map((label) => ({
      label,
      type: 'property',
      apply: label.length < 5 || label === 'apiVersion' ? `${label}: ` : `${label}:\n  `,
    }));
  }
  const { schemas, schema } = found;
  if (field !== undefined) {
    const value = schema.properties?.[field];
    return value === undefined
      ? []
      : valuesOf(resolved(schemas, value)).map((label) => ({ label, type: 'enum' }));
  }
  return Object.entries(schema.properties ?? {})
    .filter(
      ([label]) => !place.siblings.includes(label) && !(path.length === 0 && label === 'status'),
    )
    .map(([label, property]) => ({
      label,
      type: 'property',
      detail: `${typeName(schemas, property)}${schema.required?.includes(label) === true ? ' · required' : ''}`,
      info: resolved(schemas, property).description ?? '',
      boost: schema.required?.includes(label) === true ? 50 : 0,
      apply: label + tailOf(resolved(schemas, property), place.indent),
    }));
}

/** The description of a field, for a hover. */
export async function describeField(
  source: SchemaSource,
  place: YamlPlace,
  field: string,
): Promise<{ readonly type: string; readonly text: string } | undefined> {
  const found = await mappingAt(source, place);
  const schema = found?.schema.properties?.[field];
  if (found === undefined || schema === undefined) return undefined;
  return {
    type: typeName(found.schemas, schema),
    text: resolved(found.schemas, schema).description ?? '',
  };
}

async function mappingAt(
  source: SchemaSource,
  { apiVersion, kind, path }: YamlPlace,
): Promise<{ readonly schemas: Schemas; readonly schema: Schema } | undefined> {
  if (apiVersion === '' || kind === '') return undefined;
  const schemas = await source.schemas(apiVersion);
  const root = schemas === undefined ? undefined : schemaOfKind(schemas, apiVersion, kind);
  if (schemas === undefined || root === undefined) return undefined;
  const schema = schemaAt(schemas, root, path);
  return schema === undefined ? undefined : { schemas, schema };
}

async function headOptions(source: SchemaSource, place: YamlPlace): Promise<readonly Completion[]> {
  const kinds = await source.kinds();
  if (place.field === 'kind') {
    const fitting = kinds.filter(
      ({ apiVersion }) => place.apiVersion === '' || apiVersion === place.apiVersion,
    );
    return (fitting.length > 0 ? fitting : kinds).map(({ kind, apiVersion }) => ({
      label: kind,
      detail: apiVersion,
      type: 'class',
    }));
  }
  const fitting = kinds.filter(({ kind }) => place.kind === '' || kind === place.kind);
  const versions = new Set(
    (fitting.length > 0 ? fitting : kinds).map(({ apiVersion }) => apiVersion),
  );
  return [...versions].map((label) => ({ label, type: 'namespace' }));
}

/** What follows the name of a field: a value, a mapping below, or a list. */
function tailOf(schema: Schema, indent: number): string {
  const below = `\n${' '.repeat(indent + 2)}`;
  if (schema.type === 'array') return `:${below}- `;
  if (schema.type === 'object' || schema.properties !== undefined) return `:${below}`;
  return ': ';
}
