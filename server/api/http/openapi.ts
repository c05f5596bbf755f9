/**
 * OpenAPI documents as far as kubectl reads them: paths with the parameters of PATCH, and the schemas of the kinds.
 *
 * Fidelity: no descriptions, so `kubectl explain` shows types alone.
 */

import { createHash } from 'node:crypto';
import { KUBERNETES_VERSION } from '../../kube/version.js';
import type { ResourceRegistry } from '../registry/registry.js';
import type { ResourceInfo } from '../registry/resource-info.js';
import { type FieldType, goTypeName, type ScalarCode, schemaType } from '../schema/schema.js';

const QUERY_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation', 'force'];

function basePath({
  group,
  version,
}: {
  readonly group: string;
  readonly version: string;
}): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** Documents, made when asked for and kept until the registry changes. */
export interface OpenApi {
  /** `/openapi/v3`. */
  index(prefix: string): object;
  /** `/openapi/v3/apis/apps/v1`; undefined when there is none. */
  document(path: string): string | undefined;
  /** `/openapi/v2` in protobuf. */
  v2(): Uint8Array;
}

/** Makes the documents of a registry. */
export function createOpenApi(registry: ResourceRegistry): OpenApi {
  let generation = -1;
  let documents = new Map<string, { readonly text: string; readonly hash: string }>();
  let v2: Uint8Array | undefined;

  function refresh(): void {
    if (generation === registry.generation) return;
    generation = registry.generation;
    v2 = undefined;
    documents = new Map();
    const paths = new Set(registry.all.map(basePath));
    for (const path of paths) {
      const resources = registry.all.filter((resource) => basePath(resource) === path);
      const text = JSON.stringify(documentOf(path, resources));
      documents.set(path, {
        text,
        hash: createHash('sha256').update(text).digest('hex').slice(0, 32),
      });
    }
  }

  return {
    index(prefix) {
      refresh();
      const entries = [...documents].map(([path, { hash }]) => [
        path,
        { serverRelativeURL: `${prefix}/openapi/v3/${path}?hash=${hash}` },
      ]);
      return { paths: Object.fromEntries(entries) };
    },
    document(path) {
      refresh();
      return documents.get(path)?.text;
    },
    v2() {
      refresh();
      v2 ??= encodeV2(registry.all);
      return v2;
    },
  };
}

function objectPath(info: ResourceInfo): string {
  const namespace = info.namespaced ? 'namespaces/{namespace}/' : '';
  return `/${basePath(info)}/${namespace}${info.plural}/{name}`;
}

function gvk({ group, version, kind }: ResourceInfo): object {
  return { group, version, kind };
}

function documentOf(path: string, resources: readonly ResourceInfo[]): object {
  const schemas: Record<string, object> = {};
  const paths: Record<string, object> = {};
  for (const info of resources) {
    const name = info.schema === undefined ? undefined : collectSchema(info.schema, schemas);
    if (name === undefined) {
      schemas[`${info.group}.${info.version}.${info.kind}`] = {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        'x-kubernetes-group-version-kind': [gvk(info)],
      };
    } else {
      schemas[name] = { ...schemas[name], 'x-kubernetes-group-version-kind': [gvk(info)] };
    }
    paths[objectPath(info)] = operations(info);
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: `podnet ${path}` },
    paths,
    components: { schemas },
  };
}

function operations(info: ResourceInfo): object {
  const parameters = QUERY_PARAMETERS.map((name) => ({
    name,
    in: 'query',
    schema: { type: name === 'force' ? 'boolean' : 'string', uniqueItems: true },
  }));
  const operation = (verb: string, action: string) => ({
    operationId: `${verb}${info.group}${info.version}${info.kind}`,
    parameters,
    responses: { 200: { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(info),
  });
  return {
    get: operation('read', 'get'),
    put: operation('replace', 'put'),
    patch: operation('patch', 'patch'),
  };
}

function schemaName(type: string): string {
  const prefix = type.slice(0, type.length - goTypeName(type).length).toLowerCase();
  return `io.k8s.api.${prefix === '' ? 'v1' : prefix}.${goTypeName(type)}`;
}

function collectSchema(type: string, schemas: Record<string, object>): string {
  const name = schemaName(type);
  if (name in schemas) return name;
  schemas[name] = {};
  const properties: Record<string, object> = {};
  const required: string[] = [];
  for (const [field, { type: fieldType, required: needed }] of schemaType(type) ?? []) {
    properties[field] = fieldSchema(fieldType, schemas);
    if (needed) required.push(field);
  }
  schemas[name] = { type: 'object', ...(required.length === 0 ? {} : { required }), properties };
  return name;
}

const SCALARS: Readonly<Record<ScalarCode, object>> = {
  s: { type: 'string' },
  i: { type: 'integer', format: 'int32' },
  l: { type: 'integer', format: 'int64' },
  n: { type: 'number', format: 'double' },
  b: { type: 'boolean' },
  t: { type: 'string', format: 'date-time' },
  y: { type: 'string', format: 'byte' },
  x: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  q: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  '*': { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
};

function fieldSchema(type: FieldType, schemas: Record<string, object>): object {
  switch (type.kind) {
    case 'scalar':
      return SCALARS[type.code];
    case 'array':
      return { type: 'array', items: fieldSchema(type.of, schemas) };
    case 'map':
      return { type: 'object', additionalProperties: fieldSchema(type.of, schemas) };
    case 'object':
      return { allOf: [{ $ref: `#/components/schemas/${collectSchema(type.name, schemas)}` }] };
  }
}

/** Field numbers of gnostic's `openapiv2/OpenAPIv2.proto`. */
const V2 = {
  document: { swagger: 1, info: 2, paths: 8, definitions: 9 },
  info: { title: 1, version: 2 },
  paths: { path: 2 },
  named: { name: 1, value: 2 },
  pathItem: { patch: 8 },
  operation: { parameters: 8, vendorExtension: 13 },
  parametersItem: { parameter: 1 },
  parameter: { nonBody: 2 },
  nonBody: { query: 3 },
  query: { in: 2, name: 4, type: 6 },
  any: { yaml: 2 },
} as const;

/** The smallest document with which kubectl takes List manifests, and older ones take any manifest. */
function encodeV2(resources: readonly ResourceInfo[]): Uint8Array {
  const info = [
    ...field(V2.info.title, 'Kubernetes'),
    ...field(V2.info.version, KUBERNETES_VERSION),
  ];
  const items = resources.flatMap((resource) => field(V2.paths.path, namedPath(resource)));
  return Uint8Array.from([
    ...field(V2.document.swagger, '2.0'),
    ...field(V2.document.info, info),
    ...field(V2.document.paths, items),
    ...field(V2.document.definitions, []),
  ]);
}

function namedPath(info: ResourceInfo): number[] {
  const yaml = `group: "${info.group}"\nkind: ${info.kind}\nversion: ${info.version}\n`;
  const extension = [
    ...field(V2.named.name, 'x-kubernetes-group-version-kind'),
    ...field(V2.named.value, field(V2.any.yaml, yaml)),
  ];
  const parameters = ['dryRun', 'fieldValidation'].flatMap((name) => {
    const query = [
      ...field(V2.query.in, 'query'),
      ...field(V2.query.name, name),
      ...field(V2.query.type, 'string'),
    ];
    const nonBody = field(V2.nonBody.query, query);
    return field(
      V2.operation.parameters,
      field(V2.parametersItem.parameter, field(V2.parameter.nonBody, nonBody)),
    );
  });
  const operation = [...parameters, ...field(V2.operation.vendorExtension, extension)];
  return [
    ...field(V2.named.name, objectPath(info)),
    ...field(V2.named.value, field(V2.pathItem.patch, operation)),
  ];
}

function field(number: number, content: string | readonly number[]): number[] {
  const octets = typeof content === 'string' ? [...Buffer.from(content)] : content;
  return [...varint(number * 8 + 2), ...varint(octets.length), ...octets];
}

function varint(value: number): number[] {
  const octets: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    octets.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...octets, rest];
}
