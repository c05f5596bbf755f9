import type { KubeNode, Pod } from '../contract/kube.js';
import { matchesRequired } from '../kube/node-affinity.js';
import { quantityOf } from '../kube/quantity.js';
import { uidOf } from './names.js';
import type { AdmittedRoom } from './pod-record.js';
import { protocolOf } from './sandbox.js';

/** Why a kubelet refuses a pod: it becomes Failed with this reason. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** Room on a node: cpu in cores, memory in octets. */
export interface Allocatable {
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
}

interface Claim {
  readonly cpu: number;
  readonly memory: number;
  readonly ports: readonly string[];
}

const WILDCARD = '0.0.0.0';

/**
 * What the admitted pods of a node have taken, and the checks a kubelet makes before it takes another: the general
 * predicates of the scheduler, again, because pods with spec.nodeName never saw the scheduler.
 */
export class AdmissionLedger {
  private readonly allocatable: Allocatable;
  private readonly claims = new Map<string, Claim>();
  private readonly ports = new Map<string, Set<string>>();
  private cpu = 0;
  private memory = 0;

  constructor(allocatable: Allocatable) {
    this.allocatable = allocatable;
  }

  /** Admits a pod and takes what it asks for, or says why not. */
  admit(pod: Pod, node: KubeNode | undefined): Rejection | undefined {
    const uid = uidOf(pod);
    if (this.claims.has(uid)) return undefined;
    const claim = claimOf(pod);
    const problem = this.lacks(claim) ?? this.mismatch(pod, node, claim);
    if (problem !== undefined) return problem;
    this.claims.set(uid, claim);
    this.cpu += claim.cpu;
    this.memory += claim.memory;
    for (const key of claim.ports) this.portSet(key).add(uid);
    return undefined;
  }

  /** What an admitted pod takes, and what all have taken now. */
  roomOf(uid: string): AdmittedRoom {
    const { cpu = 0, memory = 0 } = this.claims.get(uid) ?? {};
    return {
      asked: { cpu, memory },
      taken: { cpu: this.cpu, memory: this.memory, pods: this.claims.size },
      allocatable: this.allocatable,
    };
  }

  /** Gives back what a pod took; does nothing for a pod that was not admitted. */
  release(uid: string): void {
    const claim = this.claims.get(uid);
    if (claim === undefined) return;
    this.claims.delete(uid);
    this.cpu -= claim.cpu;
    this.memory -= claim.memory;
    for (const key of claim.ports) this.ports.get(key)?.delete(uid);
  }

  private lacks({ cpu, memory }: Claim): Rejection | undefined {
    const room = this.allocatable;
    if (this.claims.size + 1 > room.pods) {
      return lacking('pods', 1, this.claims.size, room.pods);
    }
    if (cpu > 0 && this.cpu + cpu > room.cpu + 1e-9) {
      return lacking('cpu', milli(cpu), milli(this.cpu), milli(room.cpu));
    }
    if (memory > 0 && this.memory + memory > room.memory) {
      return lacking('memory', memory, this.memory, room.memory);
    }
    return undefined;
  }

  private mismatch(pod: Pod, node: KubeNode | undefined, claim: Claim): Rejection | undefined {
    if (node !== undefined && !matchesRequired(pod, node)) {
      return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
    }
    if (claim.ports.some((key) => this.isTaken(key))) {
      return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
    }
    return undefined;
  }

  /** A port of one address conflicts with the same address and with the wildcard, and the wildcard with all. */
  private isTaken(key: string): boolean {
    const [ip = WILDCARD, port = ''] = splitKey(key);
    for (const [other, uids] of this.ports) {
      if (uids.size === 0) continue;
      const [otherIp, otherPort] = splitKey(other);
      if (otherPort === port && (otherIp === ip || otherIp === WILDCARD || ip === WILDCARD))
        return true;
    }
    return false;
  }

  private portSet(key: string): Set<string> {
    const known = this.ports.get(key) ?? new Set<string>();
    this.ports.set(key, known);
    return known;
  }
}

/** Requests of a pod: the larger of the sum of its containers and of any init container, sidecars on top, and overhead. */
function claimOf(pod: Pod): Claim {
  const { containers, initContainers = [], overhead = {} } = pod.spec;
  const total = (name: 'cpu' | 'memory'): number => {
    const of = ({ resources }: (typeof containers)[number]) =>
      quantityOf(resources?.requests?.[name] ?? resources?.limits?.[name]);
    const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
    const side = sidecars.reduce((sum, each) => sum + of(each), 0);
    const app = containers.reduce((sum, each) => sum + of(each), side);
    const init = Math.max(0, ...initContainers.map((each) => of(each)));
    return Math.max(app, init) + quantityOf(overhead[name]);
  };
  const ports = containers.flatMap((container) =>
    (container.ports ?? []).flatMap(({ containerPort, hostIP, hostPort, protocol = 'TCP' }) => {
      const port = hostPort ?? (pod.spec.hostNetwork === true ? containerPort : 0);
      const ip = hostIP === undefined || hostIP === '' ? WILDCARD : hostIP;
      return port === 0 ? [] : [`${ip} ${protocolOf(protocol)}/${port}`];
    }),
  );
  return { cpu: total('cpu'), memory: total('memory'), ports };
}

function splitKey(key: string): readonly string[] {
  return key.split(' ');
}

function milli(cores: number): number {
  return Math.round(cores * 1000);
}

function lacking(resource: string, requested: number, used: number, capacity: number): Rejection {
  return {
    reason: `OutOf${resource}`,
    message: `Pod was rejected: Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}

function predicate(reason: string, why: string): Rejection {
  return { reason, message: `Pod was rejected: Predicate ${reason} failed: ${why}` };
}
