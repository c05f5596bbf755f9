/** What a pod asks of a node (upstream `resource.PodRequests`). */

import type { Container, IntOrString, Pod } from '../../contract/kube.js';
import { parseAmount } from '../../kube/quantity.js';

/** Amounts by resource: cpu in thousandths of a core, memory in octets. */
export type Amounts = ReadonlyMap<string, number>;

/** What scoring assumes for a container that names no request. */
const DEFAULT_CPU_MILLI = 100;
const DEFAULT_MEMORY_OCTETS = 200 * 2 ** 20;

/** A pod's requests, and the same as scoring sees them. */
export interface PodRequest {
  readonly amounts: Amounts;
  readonly scoredCpu: number;
  readonly scoredMemory: number;
}

type List = Readonly<Record<string, IntOrString>> | undefined;

/** Sums a pod's requests: containers and sidecars together, or the greediest moment of initialization. */
export function podRequest(pod: Pod): PodRequest {
  return {
    amounts: total(pod, (container) => requestsOf(container, 0, 0)),
    ...scored(
      total(pod, (container) => requestsOf(container, DEFAULT_CPU_MILLI, DEFAULT_MEMORY_OCTETS)),
    ),
  };
}

function scored(amounts: Amounts): { scoredCpu: number; scoredMemory: number } {
  return { scoredCpu: amounts.get('cpu') ?? 0, scoredMemory: amounts.get('memory') ?? 0 };
}

function total(pod: Pod, of: (container: Container) => Map<string, number>): Amounts {
  const sum = new Map<string, number>();
  for (const container of pod.spec.containers) add(sum, of(container));
  const sidecars = new Map<string, number>();
  let peak: Map<string, number> = new Map();
  for (const container of pod.spec.initContainers ?? []) {
    const amounts = of(container);
    if (container.restartPolicy === 'Always') {
      add(sidecars, amounts);
      peak = max(peak, sidecars);
    } else {
      add(amounts, sidecars);
      peak = max(peak, amounts);
    }
  }
  add(sum, sidecars);
  const most = max(sum, peak);
  for (const [name, value] of Object.entries(pod.spec.overhead ?? {})) {
    most.set(name, (most.get(name) ?? 0) + parseAmount(name, value));
  }
  return most;
}

function requestsOf(container: Container, cpu: number, memory: number): Map<string, number> {
  const amounts = new Map<string, number>();
  if (cpu > 0) amounts.set('cpu', cpu);
  if (memory > 0) amounts.set('memory', memory);
  const { requests, limits } = container.resources ?? {};
  // What has a limit and no request asks for its limit.
  set(amounts, limits);
  set(amounts, requests);
  return amounts;
}

function set(amounts: Map<string, number>, list: List): void {
  for (const [name, value] of Object.entries(list ?? {})) {
    amounts.set(name, parseAmount(name, value));
  }
}

function add(into: Map<string, number>, amounts: Amounts): void {
  for (const [name, value] of amounts) into.set(name, (into.get(name) ?? 0) + value);
}

function max(a: Amounts, b: Amounts): Map<string, number> {
  const most = new Map(a);
  for (const [name, value] of b) most.set(name, Math.max(value, most.get(name) ?? 0));
  return most;
}
