import type { Result, TopologySpec } from '../../topology/index.js';
import type { ServedKind } from '../api/index.js';
import type { ResourceInfo } from '../api/registry/resource-info.js';
import { parseStructural } from '../api/schema/structural.js';
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
} from '../api/validation/field-error.js';
import { loadTopology, presetNames, readTopology } from '../cluster/load-topology.js';
import type { KubeObject } from '../contract/kube.js';
import { deepEqual } from '../kube/frozen.js';
import { asObject } from '../kube/json.js';
import { DEFAULT_CLUSTER } from './cluster-host.js';
import { CLUSTER_QUOTA, type ClusterQuota, DEFAULT_CLUSTER_QUOTA, MAX_CLUSTERS } from './limits.js';

/** Where the store keeps Clusters. */
export const CLUSTERS = 'podnet.dev/clusters';
/** Holds a Cluster until it has ended and its data is gone. */
export const CLUSTER_FINALIZER = 'podnet.dev/cluster';

/** What a Cluster asks for. */
export interface ClusterSpec {
  /** Name of a preset, or a Topology document. */
  readonly topology: string;
  /** Simulated seconds per real second. */
  readonly speed: number;
  readonly seed: number;
  readonly quota?: Partial<ClusterQuota>;
}

/** One emulated cluster of this process (podnet.dev/v1). */
export interface ClusterObject extends KubeObject {
  readonly spec: ClusterSpec;
  readonly status?: ClusterStatus;
}

/** How a Cluster is. */
export interface ClusterStatus {
  readonly phase: 'Pending' | 'Ready' | 'Failed' | 'Terminating';
  /** Why it failed. */
  readonly message?: string;
  /** Where its API and page are, on this server. */
  readonly url?: string;
  readonly nodes?: number;
}

/** Longest name: it is part of addresses and of keys in the store. */
const MAX_NAME_LENGTH = 40;
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const integer = (description: string, most: number, preset: number) => ({
  type: 'integer',
  description: `${description} At most ${most}; ${preset} when absent.`,
  minimum: 1,
  maximum: most,
});

const SCHEMA = {
  type: 'object',
  description:
    'Cluster is one emulated cluster of this server, with objects, network and clock of its own.',
  properties: {
    spec: {
      type: 'object',
      description: 'What the cluster is made from.',
      default: {},
      properties: {
        topology: {
          type: 'string',
          description: 'Name of a preset, or a Topology document as YAML text.',
          default: 'three-nodes',
          maxLength: 65_536,
        },
        speed: {
          type: 'number',
          description: 'Simulated seconds per real second.',
          default: 1,
          minimum: 0,
          exclusiveMinimum: true,
          maximum: 1000,
        },
        seed: {
          type: 'integer',
          description: 'Seed of everything that is drawn by chance.',
          default: 1,
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
        },
        quota: {
          type: 'object',
          description: 'How much the cluster may hold and be asked.',
          properties: {
            maxObjects: quota('maxObjects', 'Objects of all kinds.'),
            maxPods: quota('maxPods', 'Pods.'),
            maxNodes: quota('maxNodes', 'Nodes of the topology.'),
            requestsPerSecond: quota('requestsPerSecond', 'API requests a second.'),
            maxWatches: quota('maxWatches', 'Watches at a time.'),
            maxStreams: quota(
              'maxStreams',
              'Connections of exec, attach, port-forward and followed logs.',
            ),
          },
        },
      },
    },
    status: {
      type: 'object',
      description: 'How the cluster is.',
      properties: {
        phase: { type: 'string', description: 'Pending, Ready, Failed or Terminating.' },
        message: { type: 'string', description: 'Why it failed.' },
        url: { type: 'string', description: 'Path of its API and page on this server.' },
        nodes: { type: 'integer', description: 'Nodes of its topology.' },
      },
    },
  },
};

function quota(name: keyof ClusterQuota, description: string) {
  return integer(description, DEFAULT_CLUSTER_QUOTA[name], CLUSTER_QUOTA[name]);
}

const RESOURCE: ResourceInfo = {
  group: 'podnet.dev',
  version: 'v1',
  plural: 'clusters',
  singular: 'cluster',
  kind: 'Cluster',
  namespaced: false,
  shortNames: [],
  categories: [],
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: ['status'],
  storage: CLUSTERS,
  effect: 'acts',
  schema: undefined,
  custom: false,
  structural: parseStructural(SCHEMA),
  printerColumns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Nodes', type: 'integer', jsonPath: '.status.nodes' },
    { name: 'Speed', type: 'number', jsonPath: '.spec.speed' },
    { name: 'URL', type: 'string', jsonPath: '.status.url' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
};

/** The kind Cluster, which the default cluster's API serves. `count` says how many there are. */
export function clusterKind(count: () => number): ServedKind {
  return {
    resource: RESOURCE,
    rules: {
      prepareForCreate: (draft) => {
        const metadata = asObject(draft.metadata) ?? {};
        draft.metadata = { ...metadata, finalizers: [CLUSTER_FINALIZER] };
        draft.status = { phase: 'Pending' };
      },
      validate: (object) => validateSpec(object as ClusterObject),
      validateCreate: ({ metadata }) => [
        ...validateName(metadata.name),
        ...(count() < MAX_CLUSTERS
          ? []
          : [
              forbiddenField(
                'metadata.name',
                `this server has ${MAX_CLUSTERS} clusters and may have no more`,
              ),
            ]),
      ],
      validateUpdate: (next, current) => unchanged(next as ClusterObject, current as ClusterObject),
    },
  };
}

/** What a cluster may take, by its object. */
export function quotaOf({ spec }: ClusterObject): ClusterQuota {
  return { ...CLUSTER_QUOTA, ...spec.quota };
}

/** The topology that a Cluster asks for; sentences that say what is wrong with it. Files of the server are not read. */
export function topologyOf(text: string): Result<TopologySpec, readonly string[]> {
  return presetNames().includes(text) ? loadTopology(text) : readTopology(text, 'topology');
}

function validateName(name: string): FieldError[] {
  if (name === DEFAULT_CLUSTER)
    return [invalidValue('metadata.name', name, 'is the cluster that this server started with')];
  if (NAME.test(name) && name.length <= MAX_NAME_LENGTH) return [];
  return [
    invalidValue(
      'metadata.name',
      name,
      `must be at most ${MAX_NAME_LENGTH} lower case letters, digits and '-', and begin and end with a letter or digit`,
    ),
  ];
}

function validateSpec({ spec }: ClusterObject): FieldError[] {
  const { topology } = spec;
  if (typeof topology !== 'string') return [];
  if (/^\S*$/.test(topology) && !presetNames().includes(topology))
    return [notSupported('spec.topology', topology, presetNames())];
  const parsed = topologyOf(topology);
  if (!parsed.ok)
    return parsed.error.map((problem) =>
      invalidValue('spec.topology', firstLine(topology), problem),
    );
  const { maxNodes = CLUSTER_QUOTA.maxNodes } = spec.quota ?? {};
  const { nodes } = parsed.value;
  if (nodes.length <= maxNodes) return [];
  return [
    forbiddenField(
      'spec.topology',
      `has ${nodes.length} nodes, and spec.quota.maxNodes is ${maxNodes}`,
    ),
  ];
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n', 1);
  return line === text ? line : `${line}…`;
}

function unchanged(next: ClusterObject, current: ClusterObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['topology', 'seed', 'quota'] as const) {
    if (!deepEqual(next.spec[field], current.spec[field]))
      errors.push(invalidValue(`spec.${field}`, next.spec[field], 'field is immutable'));
  }
  return errors;
}
