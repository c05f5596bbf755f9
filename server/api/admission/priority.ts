/** Priority: the number behind a pod's PriorityClass, and at most one class that is the default. */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, asString, type JsonObject, ownField } from '../../kube/json.js';
import type { ObjectStore } from '../../store/store.js';
import { type ApiFailure, refuse } from '../request.js';
import { forbidden } from '../status.js';
import type { AdmissionAttributes, AdmissionPlugin } from './plugin.js';

const CLASSES = 'scheduling.k8s.io/priorityclasses';
const BY_DEFAULT = 'global-default';
const DEFAULT_POLICY = 'PreemptLowerPriority';
/** Known before their objects are there. */
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

interface PriorityClass {
  readonly name: string;
  readonly value: number;
  readonly preemptionPolicy: string;
}

/** Makes the plugin (upstream `plugin/pkg/admission/priority`). */
export function priority(store: ObjectStore): AdmissionPlugin {
  store.addIndex(CLASSES, BY_DEFAULT, (object) => (object.globalDefault === true ? ['true'] : []));
  return {
    name: 'Priority',
    admit(attributes) {
      const spec = asObject(attributes.object.spec);
      if (attributes.operation !== 'CREATE' || attributes.info.storage !== 'pods') return undefined;
      return spec === undefined ? undefined : admitPod(store, attributes, spec);
    },
    validate({ operation, info, name, object }) {
      if (operation === 'DELETE' || info.storage !== CLASSES) return undefined;
      if (object.globalDefault !== true) return undefined;
      const other = defaultClass(store);
      if (other === undefined || other.metadata.name === name) return undefined;
      const text = `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`;
      return refuse(forbidden(info, name, text));
    },
  };
}

function admitPod(
  store: ObjectStore,
  { info, name }: AdmissionAttributes,
  spec: JsonObject,
): ApiFailure | undefined {
  const asked = asString(spec.priorityClassName) ?? '';
  const found = asked === '' ? fallback(store) : classNamed(store, asked);
  if (found === undefined) {
    return refuse(forbidden(info, name, `no PriorityClass with name ${asked} was found`));
  }
  if (spec.priority !== undefined && spec.priority !== found.value) {
    const text = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${found.value} from the given PriorityClass name`;
    return refuse(forbidden(info, name, text));
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== found.preemptionPolicy) {
    const text = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${found.preemptionPolicy} from the given PriorityClass name`;
    return refuse(forbidden(info, name, text));
  }
  if (found.name !== '') spec.priorityClassName = found.name;
  spec.priority = found.value;
  spec.preemptionPolicy = found.preemptionPolicy;
  return undefined;
}

function classNamed(store: ObjectStore, name: string): PriorityClass | undefined {
  const found = store.get(CLASSES, undefined, name);
  if (found !== undefined) return classOf(found);
  const value = ownField(SYSTEM_PRIORITIES, name);
  return value === undefined ? undefined : { name, value, preemptionPolicy: DEFAULT_POLICY };
}

function fallback(store: ObjectStore): PriorityClass {
  const found = defaultClass(store);
  return found === undefined
    ? { name: '', value: 0, preemptionPolicy: DEFAULT_POLICY }
    : classOf(found);
}

function classOf({ metadata, value, preemptionPolicy }: KubeObject): PriorityClass {
  return {
    name: metadata.name,
    value: typeof value === 'number' ? value : 0,
    preemptionPolicy: asString(preemptionPolicy) ?? DEFAULT_POLICY,
  };
}

/** Of several, the one with the smallest value, as upstream. */
function defaultClass(store: ObjectStore): KubeObject | undefined {
  const all = [...store.byIndex(CLASSES, BY_DEFAULT, 'true')];
  return all.sort((a, b) => Number(a.value ?? 0) - Number(b.value ?? 0))[0];
}
