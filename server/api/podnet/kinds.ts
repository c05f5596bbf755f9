/** The resources of podnet itself: group `podnet.dev`, version `v1`. */

import type { JsonObject } from '../../kube/json.js';
import type { PrinterColumn, ResourceInfo, Subresource, Verb } from '../registry/resource-info.js';
import { parseStructural } from '../schema/structural.js';
import { FAULT_SCHEMA } from './fault-schema.js';
import { TOPOLOGY_SCHEMA } from './topology-schema.js';
import { TRACE_SCHEMA } from './trace-schema.js';

const ALL: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

const AGE: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

interface Row {
  readonly kind: string;
  readonly plural: string;
  readonly short: string;
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly subresources: readonly Subresource[];
  readonly schema: JsonObject;
  readonly columns: readonly PrinterColumn[];
}

const shown = (name: string, jsonPath: string, type = 'string'): PrinterColumn => ({
  name,
  type,
  jsonPath,
});
const wide = (name: string, jsonPath: string, type = 'string'): PrinterColumn => ({
  name,
  type,
  jsonPath,
  priority: 1,
});

const ROWS: readonly Row[] = [
  {
    kind: 'Trace',
    plural: 'traces',
    short: 'tr',
    namespaced: true,
    verbs: ALL,
    subresources: ['status', 'pcap'],
    schema: TRACE_SCHEMA,
    columns: [
      shown('From', '.spec.from'),
      shown('To', '.spec.to'),
      shown('Protocol', '.spec.protocol'),
      shown('Result', '.status.disposition'),
      shown('Reason', '.status.reason'),
      shown('Hops', '.status.hopCount', 'integer'),
      AGE,
      wide('Phase', '.status.phase'),
      wide('Port', '.spec.port', 'integer'),
      wide('Summary', '.status.summary'),
    ],
  },
  {
    kind: 'Fault',
    plural: 'faults',
    short: 'flt',
    namespaced: false,
    verbs: ALL,
    subresources: ['status'],
    schema: FAULT_SCHEMA,
    columns: [
      shown('Type', '.spec.type'),
      shown('Target', '.status.target'),
      shown('Phase', '.status.phase'),
      AGE,
      wide('Message', '.status.conditions[?(@.type=="Active")].message'),
    ],
  },
  {
    kind: 'Topology',
    plural: 'topologies',
    short: 'topo',
    namespaced: false,
    verbs: ['get', 'list', 'patch', 'update', 'watch'],
    subresources: ['status'],
    schema: TOPOLOGY_SCHEMA,
    columns: [
      shown('Mode', '.spec.network.mode'),
      shown('Nodes', '.status.nodes', 'integer'),
      shown('Routers', '.status.routers', 'integer'),
      shown('Switches', '.status.switches', 'integer'),
      shown('Links', '.status.links'),
      AGE,
      wide('Pods', '.spec.network.clusterCIDR'),
      wide('Services', '.spec.network.serviceCIDR'),
    ],
  },
];

/** Traces, Faults and Topologies. */
export const PODNET_RESOURCES: readonly ResourceInfo[] = ROWS.map((row) => ({
  group: 'podnet.dev',
  version: 'v1',
  plural: row.plural,
  singular: row.kind.toLowerCase(),
  kind: row.kind,
  namespaced: row.namespaced,
  shortNames: [row.short],
  categories: [],
  verbs: row.verbs,
  subresources: row.subresources,
  storage: `podnet.dev/${row.plural}`,
  effect: 'acts',
  schema: undefined,
  custom: false,
  structural: parseStructural(row.schema),
  printerColumns: row.columns,
}));
