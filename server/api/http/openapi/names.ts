/** What OpenAPI documents call types: `io.k8s.api.apps.v1.Deployment` for `V1Deployment`. */

import { BUILT_IN_RESOURCES } from '../../registry/built-in.js';
import type { ResourceInfo } from '../../registry/resource-info.js';
import { type FieldType, goTypeName, schemaType } from '../../schema/schema.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** Types of `meta/v1`. */
const META_TYPES: ReadonlySet<string> = new Set([
  'V1Condition',
  'V1DeleteOptions',
  'V1FieldSelectorRequirement',
  'V1LabelSelector',
  'V1LabelSelectorRequirement',
  'V1ListMeta',
  'V1ManagedFieldsEntry',
  'V1ObjectMeta',
  'V1OwnerReference',
  'V1Preconditions',
  'V1Status',
  'V1StatusCause',
  'V1StatusDetails',
]);

/** Groups whose Go package is not `io.k8s.api.<first label>`. */
const PACKAGES: Readonly<Record<string, string>> = {
  '': 'io.k8s.api.core',
  'apiextensions.k8s.io': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
};

/** Types that only bodies of subresources have, and their group. */
const SUBRESOURCE_TYPES: readonly (readonly [type: string, group: string])[] = [
  ['V1Scale', 'autoscaling'],
  ['V1Eviction', 'policy'],
  ['AuthenticationV1TokenRequest', 'authentication.k8s.io'],
];

let names: ReadonlyMap<string, string> | undefined;

/** The name of a type of server/api/schema. */
export function componentName(type: string): string {
  names ??= nameTypes();
  return names.get(type) ?? `io.k8s.api.${goTypeName(type)}`;
}

/** The name of a kind that has no Go type: `com.example.v1.Widget`. */
export function customComponentName({ group, version, kind }: ResourceInfo): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

/** A type belongs to the first group that reaches it; the core group goes first, since others build on it. */
function nameTypes(): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  const visit = (type: string, group: string) => {
    if (result.has(type)) return;
    result.set(type, nameIn(type, group));
    for (const { type: field } of schemaType(type)?.values() ?? []) {
      const inner = objectTypeOf(field);
      if (inner !== undefined) visit(inner, group);
    }
  };
  for (const { schema, group } of BUILT_IN_RESOURCES)
    if (schema !== undefined) visit(schema, group);
  for (const [type, group] of SUBRESOURCE_TYPES) visit(type, group);
  return result;
}

function nameIn(type: string, group: string): string {
  const name = goTypeName(type);
  if (META_TYPES.has(type)) return `${META}.${name}`;
  const version = /V(\d+)/.exec(type)?.[1] ?? '1';
  return `${PACKAGES[group] ?? `io.k8s.api.${group.split('.')[0]}`}.v${version}.${name}`;
}

function objectTypeOf(type: FieldType): string | undefined {
  if (type.kind === 'object') return type.name;
  return type.kind === 'scalar' ? undefined : objectTypeOf(type.of);
}
