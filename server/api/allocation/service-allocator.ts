/**
 * Gives Services their cluster IPs and node ports (kubernetes `pkg/registry/core/service/{ipallocator,portallocator}`).
 * What is taken is read from the store's indexes, so a deleted Service gives back what it had.
 *
 * Fidelity: IPv4 only. As upstream, addresses are drawn at random from the upper part of the range first, so that the
 * lower part stays free for people who choose their own; the same for node ports.
 */

import {
  broadcastOf,
  contains,
  formatIpv4,
  ipv4,
  parseCidr4,
  parseIpv4,
} from '../../../topology/index.js';
import type { KubeObject, Service } from '../../contract/kube.js';
import { asObject, asString, type JsonObject, objectsOf } from '../../kube/json.js';
import type { ObjectStore } from '../../store/store.js';
import type { ResourceInfo } from '../registry/resource-info.js';
import { type ApiFailure, refuse } from '../request.js';
import { internalError, invalid } from '../status.js';
import { type FieldError, invalidValue } from '../validation/field-error.js';

/** Allocates for one object at a time. */
export interface ServiceAllocator {
  /** Fills in addresses and ports of a Service that is about to be stored; other kinds are left alone. */
  allocate(
    info: ResourceInfo,
    draft: JsonObject,
    current: KubeObject | undefined,
  ): ApiFailure | undefined;
}

/** What an allocator works with. */
export interface ServiceAllocatorOptions {
  readonly store: ObjectStore;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly serviceCidr: string;
  /** Inclusive. */
  readonly nodePortRange: { readonly from: number; readonly to: number };
}

const BY_CLUSTER_IP = 'api/cluster-ip';
const BY_NODE_PORT = 'api/node-port';

/** A run of numbers of which the lower part is given out last. */
interface NumberRange {
  readonly first: number;
  readonly size: number;
  /** How many numbers at the start are kept for people's own choice. */
  readonly staticSize: number;
}

function staticBand(
  size: number,
  { min, max, step }: { min: number; max: number; step: number },
): number {
  return size <= min ? 0 : Math.min(max, Math.max(min, Math.floor(size / step)));
}

/** A free number of a range, or undefined when there is none. */
function findFree(
  range: NumberRange,
  random: () => number,
  isFree: (value: number) => boolean,
): number | undefined {
  const bands = [
    { from: range.staticSize, size: range.size - range.staticSize },
    { from: 0, size: range.staticSize },
  ];
  for (const { from, size } of bands) {
    const start = Math.floor(random() * size);
    for (let step = 0; step < size; step++) {
      const value = range.first + from + ((start + step) % size);
      if (isFree(value)) return value;
    }
  }
  return undefined;
}

/** Makes the allocator of a cluster. */
export function createServiceAllocator(options: ServiceAllocatorOptions): ServiceAllocator {
  const { store, random, nodePortRange } = options;
  const cidr = parseCidr4(options.serviceCidr);
  if (!cidr.ok) throw new Error(`service CIDR: ${cidr.error}`);
  const block = cidr.value;
  const network = Number(block.network);
  const ipCount = Math.max(0, Number(broadcastOf(block)) - network - 1);
  const ips: NumberRange = {
    first: network + 1,
    size: ipCount,
    staticSize: staticBand(ipCount, { min: 16, max: 256, step: 16 }),
  };
  const portCount = nodePortRange.to - nodePortRange.from + 1;
  const ports: NumberRange = {
    first: nodePortRange.from,
    size: portCount,
    staticSize: staticBand(portCount, { min: 16, max: 128, step: 32 }),
  };
  store.addIndex('services', BY_CLUSTER_IP, (service) => clusterIpsOf(service));
  store.addIndex('services', BY_NODE_PORT, (service) => nodePortsOf(service).map(String));

  const isTaken = (index: string, key: string, own: string | undefined) =>
    store.byIndex('services', index, key).some((service) => service.metadata.uid !== own);

  function allocateIp(spec: JsonObject, own: string | undefined): FieldError | 'full' | undefined {
    const wanted = asString(spec.clusterIP);
    if (wanted === 'None') return undefined;
    if (wanted === undefined || wanted === '') {
      const free = findFree(
        ips,
        random,
        (value) => !isTaken(BY_CLUSTER_IP, formatIpv4(ipv4(value)), own),
      );
      if (free === undefined) return 'full';
      spec.clusterIP = formatIpv4(ipv4(free));
      spec.clusterIPs = [spec.clusterIP];
      return undefined;
    }
    const address = parseIpv4(wanted);
    const shown = spec.clusterIPs ?? [wanted];
    if (!address.ok) return undefined;
    const value = Number(address.value);
    if (!contains(block, address.value) || value < ips.first || value >= ips.first + ips.size) {
      return invalidValue(
        'spec.clusterIPs',
        shown,
        `failed to allocate IP ${wanted}: the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${options.serviceCidr}`,
      );
    }
    if (isTaken(BY_CLUSTER_IP, wanted, own)) {
      const holder = store.byIndex('services', BY_CLUSTER_IP, wanted)[0]?.metadata;
      const error = invalidValue(
        'spec.clusterIPs',
        shown,
        `failed to allocate IP ${wanted}: provided IP is already allocated`,
      );
      return holder === undefined
        ? error
        : { ...error, hint: `Service ${holder.namespace}/${holder.name} has it` };
    }
    spec.clusterIPs ??= [wanted];
    return undefined;
  }

  function refusePort(path: string, port: number, own: string | undefined): FieldError | undefined {
    if (port < nodePortRange.from || port > nodePortRange.to) {
      return invalidValue(
        path,
        port,
        `provided port is not in the valid range. The range of valid ports is ${nodePortRange.from}-${nodePortRange.to}`,
      );
    }
    if (!isTaken(BY_NODE_PORT, String(port), own)) return undefined;
    const holder = store.byIndex('services', BY_NODE_PORT, String(port))[0]?.metadata;
    const error = invalidValue(path, port, 'provided port is already allocated');
    return holder === undefined
      ? error
      : { ...error, hint: `Service ${holder.namespace}/${holder.name} has it` };
  }

  function allocatePorts(
    spec: JsonObject,
    own: string | undefined,
  ): FieldError | 'full' | undefined {
    /** Node port to the protocols it has in this Service: one number may serve several. */
    const used = new Map<number, Set<unknown>>();
    const list = objectsOf(spec.ports);
    for (const [index, port] of list.entries()) {
      const wanted = port.nodePort;
      if (typeof wanted !== 'number' || wanted === 0) continue;
      const path = `spec.ports[${index}].nodePort`;
      const refused = refusePort(path, wanted, own);
      if (refused !== undefined) return refused;
      const protocols = used.get(wanted) ?? new Set();
      if (protocols.has(port.protocol))
        return invalidValue(path, wanted, 'provided port is already allocated');
      used.set(wanted, protocols.add(port.protocol));
    }
    for (const port of list) {
      if (typeof port.nodePort === 'number' && port.nodePort !== 0) continue;
      const twin = list.find(
        (other) => other.port === port.port && other.nodePort && other.protocol !== port.protocol,
      );
      const free =
        twin?.nodePort ??
        findFree(
          ports,
          random,
          (value) => !used.has(value) && !isTaken(BY_NODE_PORT, String(value), own),
        );
      if (typeof free !== 'number') return 'full';
      port.nodePort = free;
      used.set(free, (used.get(free) ?? new Set()).add(port.protocol));
    }
    return undefined;
  }

  function allocateHealthPort(
    spec: JsonObject,
    own: string | undefined,
  ): FieldError | 'full' | undefined {
    const wanted = spec.healthCheckNodePort;
    if (typeof wanted === 'number' && wanted !== 0)
      return refusePort('spec.healthCheckNodePort', wanted, own);
    const inSpec = new Set(objectsOf(spec.ports).map((port) => port.nodePort));
    const free = findFree(
      ports,
      random,
      (value) => !inSpec.has(value) && !isTaken(BY_NODE_PORT, String(value), own),
    );
    if (free === undefined) return 'full';
    spec.healthCheckNodePort = free;
    return undefined;
  }

  return {
    allocate(info, draft, current) {
      const spec = asObject(draft.spec);
      if (info.storage !== 'services' || spec === undefined) return undefined;
      const own = current?.metadata.uid;
      const name = asString(asObject(draft.metadata)?.name) ?? '';
      const type = spec.type ?? 'ClusterIP';
      const answer = (
        outcome: FieldError | 'full' | undefined,
        full: string,
      ): ApiFailure | undefined => {
        if (outcome === undefined) return undefined;
        if (outcome === 'full') return refuse(internalError(full));
        const hints =
          outcome.hint === undefined ? [] : [{ field: outcome.field, text: outcome.hint }];
        return refuse(invalid(info, name, [outcome]), hints);
      };
      if (type === 'ExternalName') return undefined;
      const wantsPorts =
        type === 'NodePort' ||
        (type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
      const wantsHealth = type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
      return (
        answer(allocateIp(spec, own), 'failed to allocate a serviceIP: range is full') ??
        (wantsPorts
          ? answer(allocatePorts(spec, own), 'failed to allocate a nodePort: range is full')
          : undefined) ??
        (wantsHealth
          ? answer(allocateHealthPort(spec, own), 'failed to allocate a nodePort: range is full')
          : undefined)
      );
    },
  };
}

function clusterIpsOf({ spec }: Service): readonly string[] {
  return spec.clusterIP === undefined || spec.clusterIP === '' || spec.clusterIP === 'None'
    ? []
    : [spec.clusterIP];
}

function nodePortsOf({ spec }: Service): readonly number[] {
  const ports = new Set<number>();
  for (const { nodePort } of spec.ports ?? [])
    if (nodePort !== undefined && nodePort > 0) ports.add(nodePort);
  if (spec.healthCheckNodePort) ports.add(spec.healthCheckNodePort);
  return [...ports];
}
