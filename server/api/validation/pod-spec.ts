/** Rules for pod specs (kubernetes `pkg/apis/core/validation`). */

import type { Affinity, Container, PodSpec, Toleration, Volume } from '../../contract/kube.js';
import { isObject } from '../json.js';
import { type ContainerScope, validateContainer } from './container.js';
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  required,
} from './field-error.js';
import { checkDns1123Label, checkDns1123Subdomain, checkQualifiedName } from './names.js';
import { validateLabels } from './object-meta.js';
import { validateLabelSelector } from './selector.js';
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
const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

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
    ...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateSpread(spec, `${path}.topologySpreadConstraints`),
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
      errors.push(
        ...validateContainer(container, {
          path: at,
          role,
          volumes,
          hostNetwork: spec.hostNetwork === true,
        }),
      );
      if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
      if (container.name) names.add(container.name);
      if (role === 'main' || container.restartPolicy === 'Always') {
        errors.push(...repeatedHostPorts(container, at, hostPorts));
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
      errors.push(...checkDns1123Label(name).map((one) => invalidValue(`${at}.name`, name, one)));
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
  errors.push(...oneOf(volume.hostPath?.type, `${path}.hostPath.type`, HOST_PATH_TYPES));
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
    errors.push(...validateIp(server, `${path}.dnsConfig.nameservers[${index}]`));
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

function validateTolerations(
  tolerations: readonly Toleration[],
  path: string,
): readonly FieldError[] {
  return tolerations.flatMap(
    ({ key = '', operator = 'Equal', value = '', effect, tolerationSeconds }, index) => {
      const at = `${path}[${index}]`;
      const errors: FieldError[] = [];
      if (key !== '')
        errors.push(...checkQualifiedName(key).map((one) => invalidValue(`${at}.key`, key, one)));
      if (key === '' && operator !== 'Exists') {
        errors.push(
          invalidValue(
            `${at}.operator`,
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
          ),
        );
      }
      if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
        errors.push(
          invalidValue(
            `${at}.effect`,
            effect ?? '',
            "effect must be 'NoExecute' when `tolerationSeconds` is set",
          ),
        );
      }
      if (operator === 'Exists' && value !== '') {
        errors.push(
          invalidValue(
            `${at}.operator`,
            { key, operator, value },
            "value must be empty when `operator` is 'Exists'",
          ),
        );
      }
      errors.push(...oneOf(operator, `${at}.operator`, ['Equal', 'Exists']));
      if (effect !== undefined && `${effect}` !== '')
        errors.push(...oneOf(effect, `${at}.effect`, TAINT_EFFECTS));
      return errors;
    },
  );
}

function validateAffinity(affinity: Affinity | undefined, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const node = affinity?.nodeAffinity;
  const requiredNode = node?.requiredDuringSchedulingIgnoredDuringExecution;
  const nodePath = `${path}.nodeAffinity`;
  if (requiredNode !== undefined && (requiredNode.nodeSelectorTerms ?? []).length === 0) {
    errors.push(
      required(
        `${nodePath}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`,
        'must have at least one node selector term',
      ),
    );
  }
  (requiredNode?.nodeSelectorTerms ?? []).forEach((term, index) => {
    const at = `${nodePath}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`;
    errors.push(...validateNodeRequirements(term.matchExpressions ?? [], `${at}.matchExpressions`));
  });
  (node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach(
    ({ weight, preference }, index) => {
      const at = `${nodePath}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      errors.push(...validateWeight(weight, `${at}.weight`));
      errors.push(
        ...validateNodeRequirements(
          preference?.matchExpressions ?? [],
          `${at}.preference.matchExpressions`,
        ),
      );
    },
  );
  for (const field of ['podAffinity', 'podAntiAffinity'] as const) {
    const rules = affinity?.[field];
    (rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []).forEach((term, index) => {
      const at = `${path}.${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`;
      errors.push(...validatePodTerm(term, at));
    });
    (rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).forEach(
      ({ weight, podAffinityTerm }, index) => {
        const at = `${path}.${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
        errors.push(...validateWeight(weight, `${at}.weight`));
        errors.push(...validatePodTerm(podAffinityTerm, `${at}.podAffinityTerm`));
      },
    );
  }
  return errors;
}

type PodTerm = NonNullable<
  NonNullable<Affinity['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];

function validatePodTerm(term: PodTerm | undefined, path: string): readonly FieldError[] {
  const errors = [...validateLabelSelector(term?.labelSelector, `${path}.labelSelector`)];
  if (!term?.topologyKey) errors.push(required(`${path}.topologyKey`, 'can not be empty'));
  return errors;
}

function validateWeight(weight: number | undefined, path: string): readonly FieldError[] {
  return weight !== undefined && weight >= 1 && weight <= 100
    ? []
    : [invalidValue(path, weight ?? 0, 'must be in the range 1-100')];
}

type NodeRequirement = {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
};

function validateNodeRequirements(
  requirements: readonly NodeRequirement[],
  path: string,
): readonly FieldError[] {
  return requirements.flatMap(({ key, operator, values = [] }, index) => {
    const at = `${path}[${index}]`;
    const errors = checkQualifiedName(key ?? '').map((one) =>
      invalidValue(`${at}.key`, key ?? '', one),
    );
    switch (operator) {
      case 'In':
      case 'NotIn':
        if (values.length === 0) {
          errors.push(
            required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
          );
        }
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (values.length > 0) {
          errors.push(
            forbiddenField(
              `${at}.values`,
              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
          );
        }
        break;
      case 'Gt':
      case 'Lt':
        if (values.length !== 1) {
          errors.push(
            required(
              `${at}.values`,
              "must be specified single value when `operator` is 'Lt' or 'Gt'",
            ),
          );
        }
        break;
      default:
        errors.push(
          invalidValue(`${at}.operator`, operator ?? '', 'not a valid selector operator'),
        );
    }
    return errors;
  });
}

function validateSpread(
  { topologySpreadConstraints = [] }: PodSpec,
  path: string,
): readonly FieldError[] {
  return topologySpreadConstraints.flatMap(
    ({ maxSkew, topologyKey, whenUnsatisfiable, labelSelector }, index) => {
      const at = `${path}[${index}]`;
      const errors = [
        ...oneOf(whenUnsatisfiable ?? '', `${at}.whenUnsatisfiable`, [
          'DoNotSchedule',
          'ScheduleAnyway',
        ]),
        ...validateLabelSelector(labelSelector, `${at}.labelSelector`),
      ];
      if (!(maxSkew > 0))
        errors.push(invalidValue(`${at}.maxSkew`, maxSkew ?? 0, 'must be greater than zero'));
      if (!topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
      return errors;
    },
  );
}
