/** What the API does with podnet's own kinds beyond their schemas. */

import type { Fault, FaultSpec, FaultType, KubeObject, Topology } from '../../contract/kube.js';
import { deepEqual, isObject, type JsonObject, stringsOf } from '../../kube/json.js';
import { draftMeta } from '../object-meta.js';
import type { KindRules } from '../rules.js';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
} from '../validation/field-error.js';

/** Holds a Fault until what it broke is mended. */
export const HEAL_FINALIZER = 'podnet.dev/heal';

/** The rules of Traces, Faults and Topologies, by storage name. */
export const PODNET_RULES: Readonly<Record<string, KindRules>> = {
  'podnet.dev/traces': {
    validateUpdate: (next, current) =>
      unchangedSpec(next, current, 'a Trace is sent once: create another to send another probe'),
  },
  'podnet.dev/faults': {
    prepareForCreate: addFinalizer,
    validate: (object) => validateFault(object as Fault),
    validateUpdate: (next, current) =>
      unchangedSpec(next, current, 'delete this Fault and create another'),
  },
  'podnet.dev/topologies': {
    validateUpdate: (next, current) => validateTopology(next as Topology, current as Topology),
  },
};

function unchangedSpec(next: KubeObject, current: KubeObject, hint: string): readonly FieldError[] {
  if (deepEqual(next.spec, current.spec)) return [];
  return [{ ...invalidValue('spec', next.spec, 'field is immutable'), hint }];
}

function addFinalizer(draft: JsonObject): void {
  const meta = draftMeta(draft);
  const finalizers = stringsOf(meta.finalizers);
  if (!finalizers.includes(HEAL_FINALIZER)) meta.finalizers = [...finalizers, HEAL_FINALIZER];
}

type Field = Exclude<keyof FaultSpec, 'type'>;

interface TypeRule {
  /** Of these exactly one must be there. */
  readonly targets: readonly Field[];
  readonly required?: readonly Field[];
  readonly optional?: readonly Field[];
}

const KERNEL: readonly Field[] = ['node', 'pod'];
const CABLES: readonly Field[] = ['cable', 'node'];

const TYPE_RULES: Readonly<Record<FaultType, TypeRule>> = {
  LinkDown: { targets: ['cable', 'node', 'pod'], optional: ['device'] },
  Delay: { targets: CABLES, required: ['delay'], optional: ['device', 'jitter'] },
  Loss: { targets: CABLES, required: ['lossPercent'], optional: ['device'] },
  CorruptRoute: { targets: KERNEL, required: ['route'] },
  DeletedRoute: { targets: KERNEL, required: ['route'] },
  WrongMask: { targets: KERNEL, required: ['prefixLength'], optional: ['device', 'address'] },
  WrongMTU: { targets: KERNEL, required: ['mtu'], optional: ['device'] },
  WrongNeighbor: { targets: KERNEL, required: ['neighbor'], optional: ['device'] },
  IPForwardOff: { targets: KERNEL },
  Sysctl: { targets: KERNEL, required: ['sysctl'] },
  DropRule: { targets: KERNEL, required: ['rule'] },
  KillProcess: { targets: ['pod'], optional: ['container'] },
  NodeDown: { targets: ['node'] },
};

const TARGET_WORDS: Partial<Readonly<Record<Field, string>>> = {
  node: 'a machine (spec.node)',
  pod: 'a pod (spec.pod)',
  cable: 'a cable (spec.cable)',
};

/** The schema tells of wrong types; here they are passed over. */
function validateFault(fault: Fault): readonly FieldError[] {
  if (!isObject(fault.spec) || !Object.hasOwn(TYPE_RULES, fault.spec.type)) return [];
  const { spec } = fault;
  const rule: TypeRule = TYPE_RULES[spec.type];
  const { targets, required: needed = [], optional = [] } = rule;
  const errors: FieldError[] = [];
  const named = targets.filter((field) => spec[field] !== undefined);
  if (named.length === 0) {
    const words = targets.map((field) => TARGET_WORDS[field] ?? field).join(' or ');
    errors.push(required(`spec.${targets[0]}`, `${spec.type} needs ${words} to break`));
  }
  for (const field of named.slice(1))
    errors.push(forbiddenField(`spec.${field}`, `may not be set together with spec.${named[0]}`));
  for (const field of needed)
    if (spec[field] === undefined) errors.push(required(`spec.${field}`, `${spec.type} needs it`));
  const known: readonly string[] = ['type', ...targets, ...needed, ...optional];
  for (const field of Object.keys(spec))
    if (!known.includes(field))
      errors.push(
        forbiddenField(
          `spec.${field}`,
          `means nothing to ${spec.type}, which takes ${known.slice(1).join(', ')}`,
        ),
      );
  if (
    spec.type === 'CorruptRoute' &&
    isObject(spec.route) &&
    spec.route.via === undefined &&
    spec.route.dev === undefined
  )
    errors.push(
      required(
        'spec.route.via',
        'say where the route leads instead: via, dev or both; DeletedRoute removes it',
      ),
    );
  return errors;
}

const LIVE_FIELDS = ['delay', 'rate', 'loss'];

/** Machines, addresses and cabling are what the cluster was built from. */
function validateTopology(next: Topology, current: Topology): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (!isObject(next.spec)) return [forbiddenField('spec', 'may not be removed')];
  const fixed = 'is fixed while the cluster runs: start it with another --topology';
  for (const field of new Set([...Object.keys(next.spec), ...Object.keys(current.spec)])) {
    if (field !== 'links' && !deepEqual(next.spec[field], current.spec[field]))
      errors.push(forbiddenField(`spec.${field}`, fixed));
  }
  const links = next.spec.links ?? [];
  const before = current.spec.links ?? [];
  if (links.length !== before.length) return [...errors, forbiddenField('spec.links', fixed)];
  links.forEach((link, index) => {
    if (!deepEqual(withoutLive(link), withoutLive(before[index])))
      errors.push(
        forbiddenField(`spec.links[${index}]`, 'only delay, rate and loss can be changed'),
      );
  });
  return errors;
}

function withoutLive(link: object | undefined): object {
  return Object.fromEntries(
    Object.entries(link ?? {}).filter(([field]) => !LIVE_FIELDS.includes(field)),
  );
}
