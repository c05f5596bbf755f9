/** Rules for EndpointSlices, Endpoints and Leases (kubernetes `pkg/apis/{discovery,core,coordination}/validation`). */

import type { KubeObject } from '../../contract/kube.js';
import { asObject, objectsOf, stringsOf } from '../../kube/json.js';
import {
  addAll,
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
} from './field-error.js';
import { checkDns1123Label, checkPortNumber } from './names.js';
import { notNegative, oneOf, textOf, validateIp } from './values.js';

const TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** What is wrong with an EndpointSlice. */
export function validateEndpointSlice(object: KubeObject): readonly FieldError[] {
  const type = textOf(object.addressType) ?? '';
  const errors: FieldError[] = [];
  if (type === '') errors.push(required('addressType'));
  else if (!TYPES.includes(type)) errors.push(notSupported('addressType', type, TYPES));
  objectsOf(object.endpoints).forEach((endpoint, index) => {
    const at = `endpoints[${index}].addresses`;
    const addresses = stringsOf(endpoint.addresses);
    if (addresses.length === 0) errors.push(required(at, 'must contain at least 1 address'));
    addresses.forEach((address, position) => {
      addAll(errors, validateAddress(address, type, `${at}[${position}]`));
    });
  });
  const names = new Set<string>();
  objectsOf(object.ports).forEach((port, index) => {
    const at = `ports[${index}]`;
    const name = textOf(port.name) ?? '';
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (name !== '')
      addAll(
        errors,
        checkDns1123Label(name).map((one) => invalidValue(`${at}.name`, name, one)),
      );
    addAll(errors, oneOf(textOf(port.protocol), `${at}.protocol`, PROTOCOLS));
  });
  return errors;
}

function validateAddress(address: string, type: string, path: string): readonly FieldError[] {
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const malformed = validateIp(address, path);
  if (malformed.length > 0) return malformed;
  if (address.includes(':') === (type === 'IPv6')) return special(address, path);
  return [invalidValue(path, address, `must be a valid ${type} address`)];
}

/** Addresses that no endpoint may have. */
function special(address: string, path: string): readonly FieldError[] {
  if (address === '0.0.0.0' || address === '::')
    return [invalidValue(path, address, `may not be unspecified (${address})`)];
  if (address.startsWith('127.') || address === '::1')
    return [invalidValue(path, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
  if (address.startsWith('169.254.') || /^fe[89ab]/i.test(address)) {
    return [
      invalidValue(path, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'),
    ];
  }
  return [];
}

/** A slice keeps the type of its addresses. */
export function validateEndpointSliceUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  return next.addressType === current.addressType
    ? []
    : [invalidValue('addressType', next.addressType, 'field is immutable')];
}

/** What is wrong with Endpoints. */
export function validateEndpoints(object: KubeObject): readonly FieldError[] {
  return objectsOf(object.subsets).flatMap((subset, index) => {
    const path = `subsets[${index}]`;
    const errors: FieldError[] = [];
    const lists = ['addresses', 'notReadyAddresses'] as const;
    if (lists.every((list) => objectsOf(subset[list]).length === 0))
      errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'));
    for (const list of lists) {
      objectsOf(subset[list]).forEach(({ ip }, position) => {
        const at = `${path}.${list}[${position}].ip`;
        const address = textOf(ip) ?? '';
        const malformed = validateIp(address, at);
        addAll(errors, malformed.length > 0 ? malformed : special(address, at));
      });
    }
    const ports = objectsOf(subset.ports);
    ports.forEach(({ name, port, protocol }, position) => {
      const at = `${path}.ports[${position}]`;
      if (ports.length > 1 && (textOf(name) ?? '') === '') errors.push(required(`${at}.name`));
      const number = Number(port ?? 0);
      addAll(
        errors,
        checkPortNumber(number).map((one) => invalidValue(`${at}.port`, number, one)),
        oneOf(textOf(protocol), `${at}.protocol`, PROTOCOLS),
      );
    });
    return errors;
  });
}

/** What is wrong with a Lease. */
export function validateLease(object: KubeObject): readonly FieldError[] {
  const { leaseDurationSeconds, leaseTransitions } = asObject(object.spec) ?? {};
  return [
    ...(typeof leaseDurationSeconds === 'number' && leaseDurationSeconds <= 0
      ? [invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')]
      : []),
    ...notNegative(
      typeof leaseTransitions === 'number' ? leaseTransitions : undefined,
      'spec.leaseTransitions',
    ),
  ];
}
