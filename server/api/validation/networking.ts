/** Rules for NetworkPolicies and Ingresses (kubernetes `pkg/apis/networking/validation`). */

import { cidrOf, contains, parseIp, parseIpWithPrefix } from '../../../topology/index.js';
import type { IntOrString, KubeObject, LabelSelector } from '../../contract/kube.js';
import { asObject, asString, type JsonObject, objectsOf, stringsOf } from '../../kube/json.js';
import { PROTOCOLS } from './container.js';
import {
  addAll,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
} from './field-error.js';
import {
  checkDns1035Label,
  checkDns1123Subdomain,
  checkPortName,
  checkPortNumber,
  checkWildcardSubdomain,
} from './names.js';
import { validateLabelSelector } from './selector.js';
import { oneOf } from './values.js';

/** What is wrong with a NetworkPolicy. */
export function validateNetworkPolicy(object: KubeObject): readonly FieldError[] {
  const spec = asObject(object.spec) ?? {};
  const errors = [
    ...validateLabelSelector(spec.podSelector as LabelSelector | undefined, 'spec.podSelector'),
  ];
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    objectsOf(spec[direction]).forEach((rule, index) => {
      const path = `spec.${direction}[${index}]`;
      objectsOf(rule.ports).forEach((port, position) => {
        addAll(errors, validatePolicyPort(port, `${path}.ports[${position}]`));
      });
      objectsOf(rule[peers]).forEach((peer, position) => {
        addAll(errors, validatePeer(peer, `${path}.${peers}[${position}]`));
      });
    });
  }
  const types = stringsOf(spec.policyTypes);
  if (types.length > 2)
    errors.push(
      invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes'),
    );
  else
    types.forEach((type, index) => {
      addAll(errors, oneOf(type, `spec.policyTypes[${index}]`, ['Egress', 'Ingress']));
    });
  return errors;
}

function validatePolicyPort(
  { protocol, port, endPort }: JsonObject,
  path: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !PROTOCOLS.includes(String(protocol))) {
    errors.push(notSupported(`${path}.protocol`, protocol, PROTOCOLS));
  }
  if (port !== undefined) {
    const problems = typeof port === 'string' ? checkPortName(port) : checkPortNumber(port);
    addAll(
      errors,
      problems.map((one) => invalidValue(`${path}.port`, port, one)),
    );
  }
  if (endPort === undefined) return errors;
  if (port === undefined)
    errors.push(required(`${path}.port`, 'must be specified when endPort is specified'));
  else if (typeof port === 'string') {
    errors.push(
      invalidValue(`${path}.endPort`, endPort, 'may not be specified when `port` is non-numeric'),
    );
  } else if (typeof endPort === 'number' && endPort < Number(port)) {
    errors.push(
      invalidValue(`${path}.endPort`, endPort, 'must be greater than or equal to `port`'),
    );
  }
  addAll(
    errors,
    checkPortNumber(endPort).map((one) => invalidValue(`${path}.endPort`, endPort, one)),
  );
  return errors;
}

function validatePeer(peer: JsonObject, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { podSelector, namespaceSelector } = peer;
  const ipBlock = asObject(peer.ipBlock);
  addAll(
    errors,
    validateLabelSelector(podSelector as LabelSelector | undefined, `${path}.podSelector`),
    validateLabelSelector(
      namespaceSelector as LabelSelector | undefined,
      `${path}.namespaceSelector`,
    ),
  );
  if (ipBlock !== undefined) addAll(errors, validateIpBlock(ipBlock, `${path}.ipBlock`));
  if (podSelector === undefined && namespaceSelector === undefined && ipBlock === undefined) {
    errors.push(required(path, 'must specify a peer'));
  } else if (
    ipBlock !== undefined &&
    (podSelector !== undefined || namespaceSelector !== undefined)
  ) {
    errors.push(forbiddenField(path, 'may not specify both ipBlock and another peer'));
  }
  return errors;
}

function validateIpBlock(block: JsonObject, path: string): readonly FieldError[] {
  const cidr = asString(block.cidr) ?? '';
  if (cidr === '') return [required(`${path}.cidr`)];
  const parsed = parseIpWithPrefix(cidr);
  if (!parsed.ok) {
    const detail = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
    return [invalidValue(`${path}.cidr`, cidr, detail)];
  }
  const { address, prefixLength } = parsed.value;
  const whole = cidrOf(address, prefixLength);
  return stringsOf(block.except).flatMap((text, index) => {
    const at = `${path}.except[${index}]`;
    const part = parseIpWithPrefix(text);
    if (!part.ok)
      return [
        invalidValue(at, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'),
      ];
    const inside = contains(whole, part.value.address) && part.value.prefixLength > prefixLength;
    return inside ? [] : [invalidValue(at, text, `must be a strict subset of \`cidr\``)];
  });
}

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];

/** What is wrong with an Ingress. */
export function validateIngress(object: KubeObject): readonly FieldError[] {
  const spec = asObject(object.spec) ?? {};
  const errors: FieldError[] = [];
  const rules = objectsOf(spec.rules);
  const fallback = asObject(spec.defaultBackend);
  if (rules.length === 0 && fallback === undefined) {
    errors.push(invalidValue('spec', spec, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (fallback !== undefined) addAll(errors, validateBackend(fallback, 'spec.defaultBackend'));
  rules.forEach((rule, index) => {
    addAll(errors, validateRule(rule, `spec.rules[${index}]`));
  });
  objectsOf(spec.tls).forEach((tls, index) => {
    stringsOf(tls.hosts).forEach((host, position) => {
      const problems = host.includes('*')
        ? checkWildcardSubdomain(host)
        : checkDns1123Subdomain(host);
      addAll(
        errors,
        problems.map((one) => invalidValue(`spec.tls[${index}].hosts[${position}]`, host, one)),
      );
    });
  });
  const className = asString(spec.ingressClassName);
  if (className !== undefined) {
    addAll(
      errors,
      checkDns1123Subdomain(className).map((one) =>
        invalidValue('spec.ingressClassName', className, one),
      ),
    );
  }
  return errors;
}

/** On create alone, the class may not be named twice. */
export function validateIngressClass(object: KubeObject): readonly FieldError[] {
  const annotation = object.metadata.annotations?.[CLASS_ANNOTATION];
  if (annotation === undefined || asObject(object.spec)?.ingressClassName === undefined) return [];
  return [
    invalidValue(
      `annotations.${CLASS_ANNOTATION}`,
      annotation,
      'can not be set when the class field is also set',
    ),
  ];
}

function validateRule(rule: JsonObject, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const host = asString(rule.host);
  if (host !== undefined && host !== '') {
    if (parseIp(host).ok)
      errors.push(invalidValue(`${path}.host`, host, 'must be a DNS name, not an IP address'));
    else {
      const problems = host.includes('*')
        ? checkWildcardSubdomain(host)
        : checkDns1123Subdomain(host);
      addAll(
        errors,
        problems.map((one) => invalidValue(`${path}.host`, host, one)),
      );
    }
  }
  const http = asObject(rule.http);
  if (http === undefined) return errors;
  const paths = objectsOf(http.paths);
  if (paths.length === 0) errors.push(required(`${path}.http.paths`));
  paths.forEach((one, index) => {
    addAll(errors, validatePath(one, `${path}.http.paths[${index}]`));
  });
  return errors;
}

const INVALID_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const INVALID_SUFFIXES = ['/..', '/.'];

function validatePath(
  { path = '', pathType, backend }: JsonObject,
  at: string,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const text = String(path);
  const type = asString(pathType);
  if (type === undefined) {
    errors.push(required(`${at}.pathType`, 'pathType must be specified'));
  } else if (type === 'Exact' || type === 'Prefix') {
    if (!text.startsWith('/'))
      errors.push(invalidValue(`${at}.path`, text, 'must be an absolute path'));
    if (text !== '') addAll(errors, validateSequences(text, `${at}.path`));
  } else if (type === 'ImplementationSpecific') {
    if (text !== '' && !text.startsWith('/'))
      errors.push(invalidValue(`${at}.path`, text, 'must be an absolute path'));
  } else {
    errors.push(notSupported(`${at}.pathType`, type, PATH_TYPES));
  }
  addAll(errors, validateBackend(asObject(backend) ?? {}, `${at}.backend`));
  return errors;
}

function validateSequences(path: string, at: string): readonly FieldError[] {
  return [
    ...INVALID_SEQUENCES.filter((one) => path.includes(one)).map((one) =>
      invalidValue(at, path, `must not contain '${one}'`),
    ),
    ...INVALID_SUFFIXES.filter((one) => path.endsWith(one)).map((one) =>
      invalidValue(at, path, `cannot end with '${one}'`),
    ),
  ];
}

function validateBackend(backend: JsonObject, path: string): readonly FieldError[] {
  const service = asObject(backend.service);
  const resource = asObject(backend.resource);
  if (service !== undefined && resource !== undefined) {
    return [invalidValue(path, '', 'cannot set both resource and service backends')];
  }
  if (resource !== undefined) {
    return (['kind', 'name'] as const)
      .filter((field) => !resource[field])
      .map((field) => required(`${path}.resource.${field}`));
  }
  if (service === undefined) {
    return [
      {
        ...required(path, 'resource or service backend is required'),
        hint: 'write backend: {service: {name: NAME, port: {number: PORT}}}; serviceName and servicePort are of v1beta1',
      },
    ];
  }
  return [
    ...validateServiceName(asString(service.name) ?? '', path),
    ...validateBackendPort(asObject(service.port), path),
  ];
}

function validateServiceName(name: string, path: string): readonly FieldError[] {
  if (name === '') return [required(`${path}.service.name`)];
  return checkDns1035Label(name).map((one) => invalidValue(`${path}.service.name`, name, one));
}

function validateBackendPort(port: JsonObject | undefined, path: string): readonly FieldError[] {
  const at = `${path}.service.port`;
  const name = asString(port?.name) ?? '';
  const number = port?.number as IntOrString | undefined;
  const hasNumber = number !== undefined && number !== 0;
  if (name !== '' && hasNumber)
    return [invalidValue(at, '', 'cannot set both port name & port number')];
  if (name !== '') return checkPortName(name).map((one) => invalidValue(`${at}.name`, name, one));
  if (hasNumber)
    return checkPortNumber(number).map((one) => invalidValue(`${at}.number`, number, one));
  return [required(path, 'port name or number is required')];
}
