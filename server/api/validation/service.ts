/** Rules for Services (kubernetes `pkg/apis/core/validation.ValidateService`). */

import { isLoopback4, parseIp, parseIpv4 } from '../../../topology/index.js';
import type { KubeObject, Service, ServicePort, ServiceSpec } from '../../contract/kube.js';
import { validateProtocol } from './container.js';
import {
  addAll,
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
} from './field-error.js';
import { checkDns1123Label, checkDns1123Subdomain, checkPortNumber } from './names.js';
import { validateLabels } from './object-meta.js';
import { oneOf, portOrName, validateIp } from './values.js';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const POLICIES = ['Cluster', 'Local'];
const MAX_AFFINITY_SECONDS = 86400;

/** What is wrong with a Service. */
export function validateService(object: KubeObject): readonly FieldError[] {
  const { spec } = object as Service;
  if (spec === undefined) return [required('spec.ports')];
  return [
    ...oneOf(spec.type, 'spec.type', TYPES),
    ...validateByType(spec),
    ...validateClusterIp(spec),
    ...validatePorts(spec),
    ...validateLabels(spec.selector, 'spec.selector'),
    ...validateAffinity(spec),
    ...validateExternal(spec),
  ];
}

function isHeadless({ clusterIP, clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIP === 'None' || clusterIPs[0] === 'None';
}

function validateByType(spec: ServiceSpec): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { type = 'ClusterIP' } = spec;
  if (type === 'ExternalName') {
    if ((spec.clusterIPs ?? []).length > 0 || (spec.clusterIP ?? '') !== '') {
      errors.push(forbiddenField('spec.clusterIPs', 'may not be set for ExternalName services'));
    }
    if (!spec.externalName) errors.push(required('spec.externalName'));
    else {
      const name = spec.externalName.replace(/\.$/, '');
      addAll(
        errors,
        checkDns1123Subdomain(name).map((one) =>
          invalidValue('spec.externalName', spec.externalName, one),
        ),
      );
    }
    return errors;
  }
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    errors.push(
      invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`),
    );
  }
  if ((spec.ports ?? []).length === 0 && !isHeadless(spec)) errors.push(required('spec.ports'));
  return errors;
}

function validateClusterIp(spec: ServiceSpec): readonly FieldError[] {
  const { clusterIP = '', clusterIPs = [], type } = spec;
  if (type === 'ExternalName') return [];
  const errors: FieldError[] = [];
  clusterIPs.forEach((ip, index) => {
    if (ip === 'None' && index === 0) return;
    addAll(errors, validateIp(ip, `spec.clusterIPs[${index}]`));
  });
  if (clusterIPs[0] !== undefined && clusterIP !== '' && clusterIPs[0] !== clusterIP) {
    errors.push(
      invalidValue(
        'spec.clusterIP',
        clusterIPs,
        'must be empty when `clusterIPs` is not specified',
      ),
    );
  }
  if (clusterIPs.length > 2) {
    errors.push(invalidValue('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'));
  }
  return errors;
}

function validatePorts(spec: ServiceSpec): readonly FieldError[] {
  const { ports = [], type = 'ClusterIP' } = spec;
  const names = new Set<string>();
  const keys = new Set<string>();
  const nodePorts = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `spec.ports[${index}]`;
    const errors = [
      ...validatePortName(port, at, ports.length > 1, names),
      ...validatePortNumbers(port, at),
    ];
    if (type === 'ClusterIP' && port.nodePort) {
      errors.push({
        ...forbiddenField(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"),
        hint: 'add "type: NodePort" under spec',
      });
    }
    const key = `${port.protocol}/${port.port}`;
    if (keys.has(key)) errors.push(duplicate(at, { port: port.port, protocol: port.protocol }));
    keys.add(key);
    const nodeKey = `${port.protocol}/${port.nodePort}`;
    if (port.nodePort && nodePorts.has(nodeKey))
      errors.push(duplicate(`${at}.nodePort`, port.nodePort));
    nodePorts.add(nodeKey);
    return errors;
  });
}

function validatePortName(
  { name = '' }: ServicePort,
  path: string,
  needed: boolean,
  names: Set<string>,
): readonly FieldError[] {
  if (name === '') return needed ? [required(`${path}.name`)] : [];
  const errors = checkDns1123Label(name).map((one) => invalidValue(`${path}.name`, name, one));
  if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
  names.add(name);
  return errors;
}

function validatePortNumbers(
  { port, protocol, targetPort }: ServicePort,
  path: string,
): FieldError[] {
  return [
    ...checkPortNumber(port ?? 0).map((one) => invalidValue(`${path}.port`, port ?? 0, one)),
    ...validateProtocol(protocol, `${path}.protocol`),
    ...(targetPort === undefined ? [] : portOrName(targetPort, `${path}.targetPort`)),
  ];
}

function validateAffinity(spec: ServiceSpec): readonly FieldError[] {
  const errors = [...oneOf(spec.sessionAffinity, 'spec.sessionAffinity', ['ClientIP', 'None'])];
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds !== undefined && (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS)) {
    errors.push(
      invalidValue(
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
        seconds,
        `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`,
      ),
    );
  }
  return errors;
}

function validateExternal(spec: ServiceSpec): readonly FieldError[] {
  const errors: FieldError[] = [];
  (spec.externalIPs ?? []).forEach((ip, index) => {
    const path = `spec.externalIPs[${index}]`;
    addAll(errors, validateIp(ip, path));
    const address = parseIpv4(ip);
    if (address.ok && isLoopback4(address.value)) {
      errors.push(
        invalidValue(path, ip, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'),
      );
    }
  });
  if (spec.loadBalancerIP && !parseIp(spec.loadBalancerIP).ok) {
    addAll(errors, validateIp(spec.loadBalancerIP, 'spec.loadBalancerIP'));
  }
  const outside =
    spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0;
  if (spec.externalTrafficPolicy !== undefined && !outside) {
    errors.push(
      invalidValue(
        'spec.externalTrafficPolicy',
        spec.externalTrafficPolicy,
        'may only be set for externally-accessible services',
      ),
    );
  }
  addAll(
    errors,
    oneOf(spec.externalTrafficPolicy, 'spec.externalTrafficPolicy', POLICIES),
    oneOf(spec.internalTrafficPolicy, 'spec.internalTrafficPolicy', POLICIES),
    oneOf(spec.ipFamilyPolicy, 'spec.ipFamilyPolicy', [
      'SingleStack',
      'PreferDualStack',
      'RequireDualStack',
    ]),
  );
  return errors;
}

/** A Service keeps its cluster IP as long as it has one. */
export function validateServiceUpdate(
  next: KubeObject,
  current: KubeObject,
): readonly FieldError[] {
  const [after, before] = [(next as Service).spec, (current as Service).spec];
  if (after.type === 'ExternalName' || before.type === 'ExternalName') return [];
  const [was, is] = [before.clusterIP ?? '', after.clusterIP ?? ''];
  if (was === '' || was === is) return [];
  return [invalidValue('spec.clusterIPs[0]', after.clusterIPs ?? [is], 'may not change once set')];
}
