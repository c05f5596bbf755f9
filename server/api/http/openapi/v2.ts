/** The protobuf document of `/openapi/v2`, as small as kubectl can use it. */

import { KUBERNETES_VERSION } from '../../../kube/version.js';
import type { ResourceInfo } from '../../registry/resource-info.js';
import { basePath } from './paths.js';

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
export function encodeV2(resources: readonly ResourceInfo[]): Uint8Array {
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

function objectPath(info: ResourceInfo): string {
  const namespace = info.namespaced ? 'namespaces/{namespace}/' : '';
  return `/${basePath(info)}/${namespace}${info.plural}/{name}`;
}
