/**
 * Resources from CustomResourceDefinitions.
 *
 * Fidelity: a custom object is kept as it came; its definition's OpenAPI schema is not applied to it, and versions are
 * not converted into one another.
 */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, asString, objectsOf, stringsOf } from '../../kube/json.js';
import { CUSTOM_VERBS } from './built-in.js';
import type { ResourceInfo, Subresource } from './resource-info.js';

/** The resources that a definition makes the API serve, its storage version first. */
export function customResources(definition: KubeObject): readonly ResourceInfo[] {
  const spec = asObject(definition.spec) ?? {};
  const names = asObject(spec.names) ?? {};
  const group = asString(spec.group);
  const plural = asString(names.plural);
  const kind = asString(names.kind);
  if (group === undefined || plural === undefined || kind === undefined) return [];
  const versions = objectsOf(spec.versions).filter((version) => version.served !== false);
  versions.sort((a, b) => Number(b.storage === true) - Number(a.storage === true));
  return versions.flatMap((version) => {
    const name = asString(version.name);
    if (name === undefined) return [];
    const subresources = asObject(version.subresources) ?? {};
    return [
      {
        group,
        version: name,
        plural,
        singular: asString(names.singular) ?? kind.toLowerCase(),
        kind,
        namespaced: spec.scope !== 'Cluster',
        shortNames: stringsOf(names.shortNames),
        categories: stringsOf(names.categories),
        verbs: CUSTOM_VERBS,
        subresources: (['status', 'scale'] satisfies Subresource[]).filter(
          (one) => one in subresources,
        ),
        storage: `${group}/${plural}`,
        effect: 'kept' as const,
        schema: undefined,
        custom: true,
      },
    ];
  });
}
