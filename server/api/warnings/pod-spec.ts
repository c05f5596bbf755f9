/** What upstream warns of in pod specs but stores (kubernetes `pkg/api/pod/warnings.go`). */

import type { Container, ContainerPort, PodSpec } from '../../contract/kube.js';
import { quantityOf } from '../../kube/quantity.js';

/** What carries a pod spec: a pod, or the template of a workload. */
export interface PodLike {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | undefined };
  readonly spec?: PodSpec | undefined;
}

/** Warnings about a pod or template that stands at `path`, which ends in a dot or is empty. */
export function warnOfPodLike({ metadata, spec }: PodLike, path: string): readonly string[] {
  if (spec === undefined) return [];
  const at = `${path}spec`;
  const containers = containersOf(spec, at);
  return [
    ...oldNodeLabels(spec, at),
    ...oldAnnotations(metadata?.annotations ?? {}, `${path}metadata.annotations`),
    ...oldVolumes(spec, at),
    ...repeatedNames(spec, at),
    ...containers.flatMap(({ container, at: place }) => [
      ...fractionalBytes(container, place),
      ...hiddenVariables(container, place),
    ]),
    ...overlappingPorts(containers),
    ...repeatedPortNames(containers),
    ...lostSelectors(spec, at),
  ];
}

interface Placed {
  readonly container: Container;
  readonly at: string;
}

function containersOf(spec: PodSpec, path: string): readonly Placed[] {
  const placed = (field: 'initContainers' | 'containers' | 'ephemeralContainers') =>
    (spec[field] ?? []).map((container, index) => ({
      container,
      at: `${path}.${field}[${index}]`,
    }));
  return [...placed('initContainers'), ...placed('containers'), ...placed('ephemeralContainers')];
}

const since = (release: string, label: string) =>
  `deprecated since ${release}; use "${label}" instead`;
const NODE_LABELS: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', since('v1.14', 'kubernetes.io/arch')],
  ['beta.kubernetes.io/os', since('v1.14', 'kubernetes.io/os')],
  ['failure-domain.beta.kubernetes.io/region', since('v1.17', 'topology.kubernetes.io/region')],
  ['failure-domain.beta.kubernetes.io/zone', since('v1.17', 'topology.kubernetes.io/zone')],
  ['beta.kubernetes.io/instance-type', since('v1.17', 'node.kubernetes.io/instance-type')],
]);

function oldNodeLabels(spec: PodSpec, path: string): readonly string[] {
  const selector = Object.keys(spec.nodeSelector ?? {}).flatMap((key) => {
    const message = NODE_LABELS.get(key);
    return message === undefined ? [] : [`${path}.nodeSelector[${key}]: ${message}`];
  });
  const spread = (spec.topologySpreadConstraints ?? []).flatMap(
    ({ topologyKey, labelSelector }, index) => {
      const at = `${path}.topologySpreadConstraints[${index}]`;
      const message = NODE_LABELS.get(topologyKey);
      return [
        ...(message === undefined ? [] : [`${at}.topologyKey: ${topologyKey} is ${message}`]),
        ...(labelSelector === undefined
          ? [`${at}.labelSelector: a null labelSelector results in matching no pod`]
          : []),
      ];
    },
  );
  return [...selector, ...spread];
}

const ANNOTATIONS: ReadonlyMap<string, string> = new Map([
  [
    'scheduler.alpha.kubernetes.io/critical-pod',
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  [
    'security.alpha.kubernetes.io/sysctls',
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
  [
    'security.alpha.kubernetes.io/unsafe-sysctls',
    'non-functional in v1.11+; use the "sysctls" field instead',
  ],
  [
    'seccomp.security.alpha.kubernetes.io/pod',
    'non-functional in v1.27+; use the "seccompProfile" field instead',
  ],
]);

function oldAnnotations(
  annotations: Readonly<Record<string, string>>,
  path: string,
): readonly string[] {
  return Object.keys(annotations).flatMap((key) => {
    const message = ANNOTATIONS.get(key);
    return message === undefined ? [] : [`${path}[${key}]: ${message}`];
  });
}

const VOLUMES: ReadonlyMap<string, string> = new Map([
  ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]);

function oldVolumes({ volumes = [] }: PodSpec, path: string): readonly string[] {
  return volumes.flatMap((volume, index) =>
    Object.keys(volume).flatMap((source) => {
      const message = VOLUMES.get(source);
      return message === undefined ? [] : [`${path}.volumes[${index}].${source}: ${message}`];
    }),
  );
}

function repeatedNames(
  { hostAliases = [], imagePullSecrets = [] }: PodSpec,
  path: string,
): readonly string[] {
  const secrets = imagePullSecrets.map(({ name = '' }) => name);
  return [
    ...repeats(hostAliases.map(({ ip }) => ip)).map(
      ([index, ip]) => `${path}.hostAliases[${index}].ip: duplicate ip "${ip}"`,
    ),
    ...repeats(secrets).map(
      ([index, name]) => `${path}.imagePullSecrets[${index}].name: duplicate name "${name}"`,
    ),
    ...secrets.flatMap((name, index) =>
      name === '' ? [`${path}.imagePullSecrets[${index}].name: invalid empty name ""`] : [],
    ),
  ];
}

function repeats(values: readonly string[]): readonly (readonly [index: number, value: string])[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    if (seen.has(value)) return [[index, value] as const];
    seen.add(value);
    return [];
  });
}

function fractionalBytes({ resources }: Container, path: string): readonly string[] {
  return (['limits', 'requests'] as const).flatMap((field) =>
    ['memory', 'ephemeral-storage'].flatMap((name) => {
      const amount = resources?.[field]?.[name];
      if (amount === undefined || Number.isInteger(quantityOf(amount))) return [];
      const at = `${path}.resources.${field}[${name}]`;
      return [`${at}: fractional byte value "${amount}" is invalid, must be an integer`];
    }),
  );
}

function hiddenVariables({ env = [] }: Container, path: string): readonly string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = '', valueFrom }, index) => {
    const isFirst = !seen.has(name);
    seen.add(name);
    if (isFirst) return [];
    const own = `$(${name})`;
    const extendsOther = valueFrom === undefined && value !== own && value.includes(own);
    if (extendsOther) return [];
    return [
      `${path}.env[${index}]: hides previous definition of "${name}", which may be dropped when using apply`,
    ];
  });
}

/** How many earlier ports of one number a port is compared with: clients are shown fewer warnings than that. */
const MAX_COMPARED = 20;

function overlappingPorts(containers: readonly Placed[]): readonly string[] {
  const seen = new Map<string, { readonly at: string; readonly port: ContainerPort }[]>();
  return containers.flatMap(({ container: { ports = [] }, at: path }) =>
    ports.flatMap((port, index) => {
      const at = `${path}.ports[${index}]`;
      const key = `${port.containerPort}/${port.protocol ?? 'TCP'}`;
      const others = seen.get(key) ?? [];
      if (others.length === MAX_COMPARED) return [];
      const warnings = others.flatMap((other) => {
        const word = clash(port, other.port);
        return word === undefined ? [] : [`${at}: ${word} port definition with ${other.at}`];
      });
      others.push({ at, port });
      seen.set(key, others);
      return warnings;
    }),
  );
}

function clash(a: ContainerPort, b: ContainerPort): 'duplicate' | 'overlapping' | undefined {
  const [portA, portB] = [a.hostPort ?? 0, b.hostPort ?? 0];
  const [ipA, ipB] = [a.hostIP ?? '', b.hostIP ?? ''];
  if (portA === portB && ipA === ipB) return 'duplicate';
  if (portA === 0 || portB === 0) return 'overlapping';
  return portA === portB && (ipA === '' || ipB === '') ? 'overlapping' : undefined;
}

function repeatedPortNames(containers: readonly Placed[]): readonly string[] {
  const seen = new Map<string, string>();
  return containers
    .filter(({ container, at }) => !isPlainInit(container, at))
    .flatMap(({ container: { ports = [] }, at: path }) =>
      ports.flatMap(({ name = '' }, index) => {
        const at = `${path}.ports[${index}].name`;
        const first = seen.get(name);
        if (first === undefined) seen.set(name, at);
        // Within one container that is refused.
        if (name === '' || first === undefined || first.startsWith(`${path}.`)) return [];
        return [
          `${at}: duplicate port name "${name}" with ${first}, services and probes that select ports by name will use ${first}`,
        ];
      }),
    );
}

function isPlainInit({ restartPolicy }: Container, at: string): boolean {
  return /\.initContainers\[\d+\]$/.test(at) && restartPolicy !== 'Always';
}

/** Terms of pod affinity that select nothing. */
function lostSelectors({ affinity }: PodSpec, path: string): readonly string[] {
  const NULL_SELECTOR = 'a null labelSelector results in matching no pod';
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((kind) => {
    const at = `${path}.affinity.${kind}`;
    const hard = affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const soft = affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return [
      ...hard.flatMap(({ labelSelector }, index) =>
        labelSelector === undefined
          ? [
              `${at}.requiredDuringSchedulingIgnoredDuringExecution[${index}].labelSelector: ${NULL_SELECTOR}`,
            ]
          : [],
      ),
      ...soft.flatMap(({ podAffinityTerm }, index) =>
        podAffinityTerm.labelSelector === undefined
          ? [
              `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm.labelSelector: ${NULL_SELECTOR}`,
            ]
          : [],
      ),
    ];
  });
}
