/** DefaultStorageClass and DefaultIngressClass: the class of claims and ingresses that name none. */

import type { KubeObject } from '../../contract/kube.js';
import { asObject } from '../../kube/json.js';
import type { ObjectStore, ResourceName } from '../../store/store.js';
import { draftMeta } from '../object-meta.js';
import type { AdmissionPlugin } from './plugin.js';

interface ClassedKind {
  readonly plugin: string;
  readonly storage: ResourceName;
  readonly classes: ResourceName;
  readonly field: 'storageClassName' | 'ingressClassName';
  /** How the class was named before there was a field. */
  readonly annotation: string;
  /** Annotations that mark a class as the default. */
  readonly marks: readonly string[];
}

const CLAIMS: ClassedKind = {
  plugin: 'DefaultStorageClass',
  storage: 'persistentvolumeclaims',
  classes: 'storage.k8s.io/storageclasses',
  field: 'storageClassName',
  annotation: 'volume.beta.kubernetes.io/storage-class',
  marks: [
    'storageclass.kubernetes.io/is-default-class',
    'storageclass.beta.kubernetes.io/is-default-class',
  ],
};
const INGRESSES: ClassedKind = {
  plugin: 'DefaultIngressClass',
  storage: 'networking.k8s.io/ingresses',
  classes: 'networking.k8s.io/ingressclasses',
  field: 'ingressClassName',
  annotation: 'kubernetes.io/ingress.class',
  marks: ['ingressclass.kubernetes.io/is-default-class'],
};

const BY_DEFAULT = 'default-class';

/** Makes DefaultStorageClass (upstream `plugin/pkg/admission/storage/storageclass/setdefault`). */
export function defaultStorageClass(store: ObjectStore): AdmissionPlugin {
  return defaultClass(store, CLAIMS);
}

/** Makes DefaultIngressClass (upstream `plugin/pkg/admission/network/defaultingressclass`). */
export function defaultIngressClass(store: ObjectStore): AdmissionPlugin {
  return defaultClass(store, INGRESSES);
}

function defaultClass(store: ObjectStore, kind: ClassedKind): AdmissionPlugin {
  store.addIndex(kind.classes, BY_DEFAULT, ({ metadata }) =>
    kind.marks.some((mark) => metadata.annotations?.[mark] === 'true') ? ['true'] : [],
  );
  return {
    name: kind.plugin,
    admit({ operation, info, object }) {
      if (operation !== 'CREATE' || info.storage !== kind.storage) return undefined;
      const spec = asObject(object.spec);
      const annotated = asObject(draftMeta(object).annotations)?.[kind.annotation] !== undefined;
      if (spec === undefined || spec[kind.field] !== undefined || annotated) return undefined;
      const [newest] = [...store.byIndex(kind.classes, BY_DEFAULT, 'true')].sort(byAge);
      if (newest !== undefined) spec[kind.field] = newest.metadata.name;
      return undefined;
    },
  };
}

/** The newest first; of the same age, in order of name. */
function byAge({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  const [from = '', to = ''] = [a.creationTimestamp, b.creationTimestamp];
  if (from !== to) return from > to ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}
