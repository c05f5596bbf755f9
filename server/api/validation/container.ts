/** Rules for containers (kubernetes `pkg/apis/core/validation`). */

import type { Container, ContainerPort, EnvVar, Probe, ProbeHandler } from '../../contract/kube.js';
import { ownField } from '../../kube/json.js';
import { quantityOf } from '../../kube/quantity.js';
import {
  addAll,
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  required,
} from './field-error.js';
import {
  checkConfigKey,
  checkDns1123Label,
  checkEnvName,
  checkPortName,
  checkPortNumber,
  checkQualifiedName,
} from './names.js';
import { notNegative, oneOf, portOrName } from './values.js';

/** The three transport protocols. */
export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** What the rules of one container depend on. */
export interface ContainerScope {
  readonly path: string;
  readonly role: 'main' | 'init' | 'ephemeral';
  readonly volumes: ReadonlySet<string>;
  readonly hostNetwork: boolean;
}

/** What is wrong with one container; names are compared by the caller. */
export function validateContainer(
  container: Container,
  scope: ContainerScope,
): readonly FieldError[] {
  const { path } = scope;
  return [
    ...validateName(container, path),
    ...validateImage(container.image, path),
    ...oneOf(container.imagePullPolicy, `${path}.imagePullPolicy`, [
      'Always',
      'IfNotPresent',
      'Never',
    ]),
    ...oneOf(container.terminationMessagePolicy, `${path}.terminationMessagePolicy`, [
      'FallbackToLogsOnError',
      'File',
    ]),
    ...validatePorts(container.ports ?? [], scope),
    ...validateEnv(container.env ?? [], `${path}.env`),
    ...validateEnvFrom(container, `${path}.envFrom`),
    ...validateMounts(container, scope),
    ...validateResources(container, `${path}.resources`),
    ...validateLifecycle(container, scope),
  ];
}

function validateName({ name }: Container, path: string): readonly FieldError[] {
  if (name === undefined || name === '') return [required(`${path}.name`)];
  return checkDns1123Label(name).map((one) => invalidValue(`${path}.name`, name, one));
}

function validateImage(image: string | undefined, path: string): readonly FieldError[] {
  if (image === undefined || image === '') return [required(`${path}.image`)];
  if (image.trim() === image) return [];
  return [invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace')];
}

function validatePorts(
  ports: readonly ContainerPort[],
  { path, hostNetwork }: ContainerScope,
): readonly FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `${path}.ports[${index}]`;
    const errors: FieldError[] = [];
    if (port.name !== undefined && port.name !== '') {
      addAll(
        errors,
        checkPortName(port.name).map((one) => invalidValue(`${at}.name`, port.name, one)),
      );
      if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (port.containerPort === undefined || port.containerPort === 0)
      errors.push(required(`${at}.containerPort`));
    else addAll(errors, rangeErrors(port.containerPort, `${at}.containerPort`));
    if (port.hostPort !== undefined && port.hostPort !== 0)
      addAll(errors, rangeErrors(port.hostPort, `${at}.hostPort`));
    addAll(errors, validateProtocol(port.protocol, `${at}.protocol`));
    if (hostNetwork && port.hostPort !== port.containerPort) {
      errors.push(
        invalidValue(
          `${at}.containerPort`,
          port.containerPort,
          'must match `hostPort` when `hostNetwork` is true',
        ),
      );
    }
    return errors;
  });
}

function rangeErrors(port: number, path: string): readonly FieldError[] {
  return checkPortNumber(port).map((one) => invalidValue(path, port, one));
}

/** TCP, UDP or SCTP, in capitals. */
export function validateProtocol(
  protocol: string | undefined,
  path: string,
): readonly FieldError[] {
  if (protocol === undefined || protocol === '') return [required(path)];
  if (PROTOCOLS.includes(protocol)) return [];
  const error = notSupported(path, protocol, PROTOCOLS);
  return PROTOCOLS.includes(protocol.toUpperCase())
    ? [{ ...error, hint: `write it in capitals: ${protocol.toUpperCase()}` }]
    : [error];
}

const FIELD_PATHS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function validateEnv(env: readonly EnvVar[], path: string): readonly FieldError[] {
  return env.flatMap((variable, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    if (variable.name === undefined || variable.name === '') errors.push(required(`${at}.name`));
    else
      addAll(
        errors,
        checkEnvName(variable.name).map((one) => invalidValue(`${at}.name`, variable.name, one)),
      );
    if (variable.valueFrom !== undefined)
      addAll(errors, validateEnvSource(variable, `${at}.valueFrom`));
    return errors;
  });
}

function validateEnvSource({ value, valueFrom = {} }: EnvVar, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { fieldRef, configMapKeyRef, secretKeyRef, resourceFieldRef } = valueFrom;
  const sources = [fieldRef, configMapKeyRef, secretKeyRef, resourceFieldRef].filter(
    (one) => one !== undefined,
  );
  if (fieldRef !== undefined)
    addAll(errors, validateFieldPath(fieldRef.fieldPath, `${path}.fieldRef.fieldPath`));
  if (resourceFieldRef !== undefined && !resourceFieldRef.resource)
    errors.push(required(`${path}.resourceFieldRef.resource`));
  for (const [name, ref] of [
    ['configMapKeyRef', configMapKeyRef],
    ['secretKeyRef', secretKeyRef],
  ] as const) {
    if (ref === undefined) continue;
    if (!ref.name) errors.push(required(`${path}.${name}.name`));
    if (!ref.key) errors.push(required(`${path}.${name}.key`));
    else
      addAll(
        errors,
        checkConfigKey(ref.key).map((one) => invalidValue(`${path}.${name}.key`, ref.key, one)),
      );
  }
  if (sources.length === 0) {
    errors.push(
      invalidValue(
        path,
        '',
        'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
      ),
    );
  } else if (value !== undefined && value !== '') {
    errors.push(invalidValue(path, '', 'may not be specified when `value` is not empty'));
  } else if (sources.length > 1) {
    errors.push(invalidValue(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

function validateFieldPath(fieldPath: string | undefined, path: string): readonly FieldError[] {
  if (fieldPath === undefined || fieldPath === '') return [required(path)];
  if (/^metadata\.(labels|annotations)\['[^']+'\]$/.test(fieldPath)) return [];
  return FIELD_PATHS.includes(fieldPath) ? [] : [notSupported(path, fieldPath, FIELD_PATHS)];
}

function validateEnvFrom({ envFrom = [] }: Container, path: string): readonly FieldError[] {
  return envFrom.flatMap(({ configMapRef, secretRef }, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    if (configMapRef !== undefined && !configMapRef.name)
      errors.push(required(`${at}.configMapRef.name`));
    if (secretRef !== undefined && !secretRef.name) errors.push(required(`${at}.secretRef.name`));
    if (configMapRef === undefined && secretRef === undefined) {
      errors.push(invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}

function validateMounts(
  { volumeMounts = [] }: Container,
  { path, volumes }: ContainerScope,
): readonly FieldError[] {
  const paths = new Set<string>();
  return volumeMounts.flatMap(({ name, mountPath, subPath }, index) => {
    const at = `${path}.volumeMounts[${index}]`;
    const errors: FieldError[] = [];
    if (name === undefined || name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(name ?? '')) {
      errors.push({
        ...notFoundValue(`${at}.name`, name ?? ''),
        hint: 'name it under spec.volumes',
      });
    }
    if (mountPath === undefined || mountPath === '') errors.push(required(`${at}.mountPath`));
    else if (paths.has(mountPath))
      errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    if (mountPath !== undefined) paths.add(mountPath);
    if (subPath?.startsWith('/'))
      errors.push(invalidValue(`${at}.subPath`, subPath, 'must be a relative path'));
    if (subPath?.split('/').includes('..'))
      errors.push(invalidValue(`${at}.subPath`, subPath, "must not contain '..'"));
    return errors;
  });
}

function validateResources({ resources }: Container, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { limits = {}, requests = {} } = resources ?? {};
  for (const [field, amounts] of [
    ['limits', limits],
    ['requests', requests],
  ] as const) {
    for (const [name, amount] of Object.entries(amounts)) {
      addAll(
        errors,
        checkQualifiedName(name).map((one) => invalidValue(`${path}.${field}`, name, one)),
      );
      if (quantityOf(amount) < 0) {
        errors.push(
          invalidValue(`${path}.${field}[${name}]`, amount, 'must be greater than or equal to 0'),
        );
      }
    }
  }
  for (const [name, amount] of Object.entries(requests)) {
    const limit = ownField(limits, name);
    if (limit !== undefined && quantityOf(amount) > quantityOf(limit)) {
      errors.push(
        invalidValue(
          `${path}.requests`,
          amount,
          `must be less than or equal to ${name} limit of ${limit}`,
        ),
      );
    }
  }
  return errors;
}

function validateLifecycle(
  container: Container,
  { path, role }: ContainerScope,
): readonly FieldError[] {
  const sidecar = role === 'init' && container.restartPolicy === 'Always';
  const errors: FieldError[] = [];
  if (container.restartPolicy !== undefined) {
    const at = `${path}.restartPolicy`;
    if (role === 'main') errors.push(forbiddenField(at, 'may not be set for non-init containers'));
    else if (role === 'ephemeral')
      errors.push(forbiddenField(at, 'cannot be set for an Ephemeral Container'));
    else if (!sidecar) errors.push(notSupported(at, container.restartPolicy, ['Always']));
  }
  const bare = (role === 'init' && !sidecar) || role === 'ephemeral';
  for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (!bare || container[field] === undefined) continue;
    const why =
      role === 'init'
        ? 'may not be set for init containers without restartPolicy=Always'
        : 'cannot be set for an Ephemeral Container';
    errors.push(forbiddenField(`${path}.${field}`, why));
  }
  if (bare) return errors;
  addAll(
    errors,
    validateProbe(container.livenessProbe, `${path}.livenessProbe`, true),
    validateProbe(container.readinessProbe, `${path}.readinessProbe`, false),
    validateProbe(container.startupProbe, `${path}.startupProbe`, true),
  );
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = container.lifecycle?.[hook];
    if (handler !== undefined)
      addAll(errors, validateHandler(handler, `${path}.lifecycle.${hook}`));
  }
  return errors;
}

function validateProbe(
  probe: Probe | undefined,
  path: string,
  once: boolean,
): readonly FieldError[] {
  if (probe === undefined) return [];
  const errors = [
    ...validateHandler(probe, path),
    ...notNegative(probe.initialDelaySeconds, `${path}.initialDelaySeconds`),
    ...notNegative(probe.timeoutSeconds, `${path}.timeoutSeconds`),
    ...notNegative(probe.periodSeconds, `${path}.periodSeconds`),
    ...notNegative(probe.successThreshold, `${path}.successThreshold`),
    ...notNegative(probe.failureThreshold, `${path}.failureThreshold`),
  ];
  if (once && probe.successThreshold !== undefined && probe.successThreshold !== 1) {
    errors.push(invalidValue(`${path}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
  return errors;
}

type Handler = ProbeHandler & { readonly sleep?: { readonly seconds: number } };

function validateHandler(handler: Handler, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const kinds = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter(
    (kind) => handler[kind] !== undefined,
  );
  for (const extra of kinds.slice(1)) {
    errors.push(forbiddenField(`${path}.${extra}`, 'may not specify more than 1 handler type'));
  }
  const { exec, httpGet, tcpSocket, grpc } = handler;
  if (exec !== undefined && (exec.command ?? []).length === 0)
    errors.push(required(`${path}.exec.command`));
  if (httpGet !== undefined) {
    if (httpGet.path === '') errors.push(required(`${path}.httpGet.path`));
    addAll(errors, portOrName(httpGet.port, `${path}.httpGet.port`));
    addAll(errors, oneOf(httpGet.scheme, `${path}.httpGet.scheme`, ['HTTP', 'HTTPS']));
  }
  if (tcpSocket !== undefined) addAll(errors, portOrName(tcpSocket.port, `${path}.tcpSocket.port`));
  if (grpc !== undefined) addAll(errors, rangeErrors(grpc.port ?? 0, `${path}.grpc.port`));
  if (kinds.length === 0) errors.push(required(path, 'must specify a handler type'));
  return errors;
}
