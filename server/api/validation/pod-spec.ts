/** Rules for pod specs (kubernetes `pkg/apis/core/validation`). */

import type { Container, PodSpec, Volume } from '../../contract/kube.js';
import { isObject } from '../../kube/json.js';
import { type ContainerScope, validateContainer } from './container.js';
import {
  addAll,
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
} from './field-error.js';
import { checkDns1123Label, checkDns1123Subdomain } from './names.js';
import { validateLabels } from './object-meta.js';
import { validatePlacement } from './placement.js';
import { notNegative, oneOf, validateIp } from './values.js';

const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** What is wrong with a pod spec that stands at `path`. */
export function validatePodSpec(spec: PodSpec | undefined, path: string): readonly FieldError[] {
  if (spec === undefined) return [required(`${path}.containers`)];
  return [
    ...validateVolumes(spec.volumes ?? [], `${path}.volumes`),
    ...validateContainers(spec, path),
    ...oneOf(spec.restartPolicy, `${path}.restartPolicy`, ['Always', 'OnFailure', 'Never']),
    ...validateDns(spec, path),
    ...validateHost(spec, path),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validateNames(spec, path),
    ...notNegative(spec.terminationGracePeriodSeconds, `${path}.terminationGracePeriodSeconds`),
    ...validateDeadline(spec, path),
    ...validatePlacement(spec, path),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, index) =>
      validateIp(ip ?? '', `${path}.hostAliases[${index}].ip`),
    ),
  ];
}

function validateContainers(spec: PodSpec, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name));
  const names = new Set<string>();
  const hostPorts = new Map<string, string>();
  const check = (containers: readonly Container[], field: string, role: ContainerScope['role']) => {
    containers.forEach((container, index) => {
      const at = `${path}.${field}[${index}]`;
      addAll(
        errors,
        validateContainer(container, {
          path: at,
          role,
          volumes,
          hostNetwork: spec.hostNetwork === true,
        }),
      );
      if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
      if (container.name) names.add(container.name);
      if (role === 'main' || container.restartPolicy === 'Always') {
        addAll(errors, repeatedHostPorts(container, at, hostPorts));
      }
    });
  };
  if ((spec.containers ?? []).length === 0) errors.push(required(`${path}.containers`));
  check(spec.containers ?? [], 'containers', 'main');
  check(spec.initContainers ?? [], 'initContainers', 'init');
  check(spec.ephemeralContainers ?? [], 'ephemeralContainers', 'ephemeral');
  return errors;
}

function repeatedHostPorts(
  { ports = [] }: Container,
  path: string,
  taken: Map<string, string>,
): readonly FieldError[] {
  return ports.flatMap(({ hostPort, hostIP = '', protocol = 'TCP' }, index) => {
    if (hostPort === undefined || hostPort === 0) return [];
    const key = `${protocol}/${hostIP}/${hostPort}`;
    const at = `${path}.ports[${index}].hostPort`;
    const holder = taken.get(key);
    if (holder === undefined) taken.set(key, at);
    return holder === undefined
      ? []
      : [{ ...duplicate(at, key), hint: `${holder} has it already` }];
  });
}

function validateVolumes(volumes: readonly Volume[], path: string): readonly FieldError[] {
  const names = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const at = `${path}[${index}]`;
    const errors: FieldError[] = [];
    const { name } = volume;
    if (name === undefined || name === '') errors.push(required(`${at}.name`));
    else {
      addAll(
        errors,
        checkDns1123Label(name).map((one) => invalidValue(`${at}.name`, name, one)),
      );
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    return [...errors, ...validateVolumeSource(volume, at)];
  });
}

/** The field that a volume source cannot do without. */
const NEEDED: Readonly<Record<string, string>> = {
  configMap: 'name',
  secret: 'secretName',
  hostPath: 'path',
  persistentVolumeClaim: 'claimName',
};

function validateVolumeSource(volume: Volume, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const sources = Object.keys(volume).filter((key) => key !== 'name' && volume[key] !== undefined);
  for (const extra of sources.slice(1)) {
    errors.push(forbiddenField(`${path}.${extra}`, 'may not specify more than 1 volume type'));
  }
  const [source] = sources;
  if (source === undefined) return [required(path, 'must specify a volume type')];
  const needed = NEEDED[source];
  const value = volume[source];
  if (needed !== undefined && isObject(value) && !value[needed])
    errors.push(required(`${path}.${source}.${needed}`));
  addAll(errors, oneOf(volume.hostPath?.type, `${path}.hostPath.type`, HOST_PATH_TYPES));
  if (volume.hostPath?.path?.split('/').includes('..')) {
    errors.push(
      invalidValue(`${path}.hostPath.path`, volume.hostPath.path, "must not contain '..'"),
    );
  }
  return errors;
}

function validateDns(spec: PodSpec, path: string): readonly FieldError[] {
  const errors = [...oneOf(spec.dnsPolicy, `${path}.dnsPolicy`, DNS_POLICIES)];
  const { nameservers = [], searches = [] } = spec.dnsConfig ?? {};
  if (spec.dnsPolicy === 'None' && spec.dnsConfig === undefined) {
    errors.push(required(`${path}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None'));
  } else if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    errors.push(
      required(
        `${path}.dnsConfig.nameservers`,
        'must provide at least one DNS nameserver when `dnsPolicy` is None',
      ),
    );
  }
  if (nameservers.length > 3) {
    errors.push(
      invalidValue(
        `${path}.dnsConfig.nameservers`,
        nameservers,
        'must not have more than 3 nameservers',
      ),
    );
  }
  nameservers.forEach((server, index) => {
    addAll(errors, validateIp(server, `${path}.dnsConfig.nameservers[${index}]`));
  });
  if (searches.length > 32) {
    errors.push(
      invalidValue(
        `${path}.dnsConfig.searches`,
        searches,
        'must not have more than 32 search paths',
      ),
    );
  }
  return errors;
}

function validateHost(spec: PodSpec, path: string): readonly FieldError[] {
  if (spec.hostPID !== true || spec.shareProcessNamespace !== true) return [];
  return [
    invalidValue(
      `${path}.shareProcessNamespace`,
      true,
      'ShareProcessNamespace and HostPID cannot both be enabled',
    ),
  ];
}

function validateNames(spec: PodSpec, path: string): readonly FieldError[] {
  const checked = [
    ['hostname', checkDns1123Label],
    ['subdomain', checkDns1123Label],
    ['nodeName', checkDns1123Subdomain],
    ['serviceAccountName', checkDns1123Subdomain],
    ['priorityClassName', checkDns1123Subdomain],
    ['runtimeClassName', checkDns1123Subdomain],
  ] as const;
  return checked.flatMap(([field, check]) => {
    const value = spec[field];
    if (value === undefined || value === '') return [];
    return check(value).map((one) => invalidValue(`${path}.${field}`, value, one));
  });
}

function validateDeadline({ activeDeadlineSeconds }: PodSpec, path: string): readonly FieldError[] {
  if (activeDeadlineSeconds === undefined || activeDeadlineSeconds >= 1) return [];
  return [
    invalidValue(
      `${path}.activeDeadlineSeconds`,
      activeDeadlineSeconds,
      'must be between 1 and 2147483647, inclusive',
    ),
  ];
}
