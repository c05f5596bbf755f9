import { editableOf, OF_CONTROLLERS } from '../../api/manifest/index.js';
import type { KubeObject } from '../../contract/kube.js';
import { asObject, type JsonObject } from '../../kube/json.js';

/**
 * What people wrote of an object, as one text: two of them are equal when nobody but controllers changed the object in
 * between. Status, resourceVersion, and the node of a pod are not in it.
 */
export function fingerprint(object: KubeObject): string {
  const { metadata, spec, ...rest } = recreatable(object);
  const { annotations, ...own } = asObject(metadata) ?? {};
  const noted = Object.entries(asObject(annotations) ?? {}).filter(
    ([name]) => !OF_CONTROLLERS.test(name),
  );
  return canonical({ ...rest, spec, metadata: { ...own, annotations: Object.fromEntries(noted) } });
}

/** An object as it would be made again: without what the server set, and for pods without their node. */
export function recreatable(object: KubeObject): JsonObject {
  const body = editableOf(object);
  const annotations = object.metadata.annotations;
  const metadata = {
    ...asObject(body.metadata),
    ...(annotations === undefined ? {} : { annotations }),
  };
  const spec = asObject(body.spec);
  if (object.kind !== 'Pod' || spec === undefined) return { ...body, metadata };
  const { nodeName: _, ...free } = spec;
  return { ...body, metadata, spec: free };
}

/** JSON with fields in order of their names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    const object = asObject(inner);
    if (object === undefined) return inner;
    return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
