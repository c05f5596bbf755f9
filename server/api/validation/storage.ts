/** Rules for volumes, claims and their classes (kubernetes `pkg/apis/{core,storage}/validation`). */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, deepEqual, isObject, type JsonObject, stringsOf } from '../../kube/json.js';
import { quantityOf } from '../../kube/quantity.js';
import {
  addAll,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from './field-error.js';
import { checkDns1123Subdomain } from './names.js';
import { oneOf, textOf } from './values.js';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];
const IMMUTABLE = 'field is immutable';

function validateModes(modes: unknown, path: string): readonly FieldError[] {
  return stringsOf(modes)
    .filter((mode) => !MODES.includes(mode))
    .map((mode) => notSupported(path, mode, MODES));
}

function validateClassName(name: unknown, path: string): readonly FieldError[] {
  if (typeof name !== 'string' || name === '') return [];
  return checkDns1123Subdomain(name).map((one) => invalidValue(path, name, one));
}

/** What stands in a volume's spec besides its source. */
const NO_SOURCE: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

/** What is wrong with a PersistentVolume. */
export function validateVolume(object: KubeObject): readonly FieldError[] {
  const spec = asObject(object.spec) ?? {};
  const capacity = asObject(spec.capacity) ?? {};
  const sources = Object.keys(spec).filter((field) => !NO_SOURCE.has(field));
  const errors: FieldError[] = [];
  if (stringsOf(spec.accessModes).length === 0) errors.push(required('spec.accessModes'));
  addAll(errors, validateModes(spec.accessModes, 'spec.accessModes'));
  if (Object.keys(capacity).length === 0) errors.push(required('spec.capacity'));
  else if (capacity.storage === undefined)
    errors.push(notSupported('spec.capacity', capacity, ['storage']));
  else addAll(errors, positive(capacity.storage, 'spec.capacity[storage]'));
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'));
  for (const extra of sources.slice(1)) {
    errors.push(forbiddenField(`spec.${extra}`, 'may not specify more than 1 volume type'));
  }
  addAll(
    errors,
    oneOf(textOf(spec.persistentVolumeReclaimPolicy), 'spec.persistentVolumeReclaimPolicy', [
      'Delete',
      'Recycle',
      'Retain',
    ]),
    oneOf(textOf(spec.volumeMode), 'spec.volumeMode', VOLUME_MODES),
    validateClassName(spec.storageClassName, 'spec.storageClassName'),
  );
  return errors;
}

function positive(amount: unknown, path: string): readonly FieldError[] {
  const text = typeof amount === 'number' ? String(amount) : textOf(amount);
  if (text === undefined || quantityOf(text) > 0) return [];
  return [invalidValue(path, text, 'must be greater than zero')];
}

/** A volume keeps its source. */
export function validateVolumeUpdate(next: KubeObject, current: KubeObject): readonly FieldError[] {
  const source = (object: KubeObject) =>
    Object.fromEntries(
      Object.entries(asObject(object.spec) ?? {}).filter(([field]) => !NO_SOURCE.has(field)),
    );
  if (deepEqual(source(next), source(current))) return [];
  return [
    forbiddenField(
      'spec.persistentvolumesource',
      'spec.persistentvolumesource is immutable after creation',
    ),
  ];
}

/** What is wrong with a PersistentVolumeClaim. */
export function validateClaim(object: KubeObject): readonly FieldError[] {
  const spec = asObject(object.spec) ?? {};
  const storage = asObject(asObject(spec.resources)?.requests)?.storage;
  const errors: FieldError[] = [];
  if (stringsOf(spec.accessModes).length === 0)
    errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
  addAll(errors, validateModes(spec.accessModes, 'spec.accessModes'));
  if (
    stringsOf(spec.accessModes).includes('ReadWriteOncePod') &&
    stringsOf(spec.accessModes).length > 1
  ) {
    errors.push(
      forbiddenField('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'),
    );
  }
  if (storage === undefined) errors.push(required('spec.resources[storage]'));
  else addAll(errors, positive(storage, 'spec.resources[storage]'));
  addAll(
    errors,
    validateClassName(spec.storageClassName, 'spec.storageClassName'),
    oneOf(textOf(spec.volumeMode), 'spec.volumeMode', VOLUME_MODES),
  );
  return errors;
}

const CLAIM_FIXED =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

/**
 * A claim may only grow.
 *
 * Fidelity: upstream also prints the difference of the two specs.
 */
export function validateClaimUpdate(next: KubeObject, current: KubeObject): readonly FieldError[] {
  const fixed = (object: KubeObject) => {
    const { resources, volumeAttributesClassName, volumeName, ...rest } =
      asObject(object.spec) ?? {};
    return { ...rest, limits: asObject(resources)?.limits };
  };
  const named = (object: KubeObject) => asObject(object.spec)?.volumeName;
  const bound = named(current) !== undefined && named(next) !== named(current);
  if (bound || !deepEqual(fixed(next), fixed(current)))
    return [forbiddenField('spec', CLAIM_FIXED)];
  const [after, before] = [asked(next), asked(current)];
  if (after === undefined || before === undefined || quantityOf(after) >= quantityOf(before))
    return [];
  return [
    forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'),
  ];
}

function asked(object: KubeObject): string | undefined {
  const requests: JsonObject = asObject(asObject(asObject(object.spec)?.resources)?.requests) ?? {};
  return typeof requests.storage === 'number' ? String(requests.storage) : textOf(requests.storage);
}

/** What is wrong with a StorageClass. */
export function validateStorageClass(object: KubeObject): readonly FieldError[] {
  return [
    ...((textOf(object.provisioner) ?? '') === '' ? [required('provisioner')] : []),
    ...oneOf(textOf(object.reclaimPolicy), 'reclaimPolicy', ['Delete', 'Retain']),
    ...oneOf(textOf(object.volumeBindingMode), 'volumeBindingMode', [
      'Immediate',
      'WaitForFirstConsumer',
    ]),
  ];
}

/** A StorageClass keeps what volumes were made by. */
export function validateStorageClassUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    const value = (object: KubeObject) =>
      isObject(object[field]) ? object[field] : (object[field] ?? '');
    if (!deepEqual(value(next), value(current)))
      errors.push(forbiddenField(field, `updates to ${field} are forbidden.`));
  }
  if (next.volumeBindingMode !== current.volumeBindingMode)
    errors.push(invalidValue('volumeBindingMode', next.volumeBindingMode, IMMUTABLE));
  return errors;
}
