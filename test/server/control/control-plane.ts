import { type ApiServer, createApiServer, EventRecorder } from '../../../server/api/index.js';
import type {
  KubeEvent,
  KubeNode,
  KubeObject,
  Pod,
  PodSpec,
} from '../../../server/contract/kube.js';
import {
  apiClient,
  type ControlClient,
  type Controllers,
  startControllers,
  withCondition,
} from '../../../server/control/index.js';
import { WallTime } from '../../../server/kube/wall-time.js';
import {
  createMemoryStore,
  type ObjectOf,
  type ResourceName,
} from '../../../server/store/index.js';
import { Rng, SECOND, SimClock } from '../../../topology/index.js';

const START_MS = Date.parse('2026-01-05T00:00:00Z');

/** A control plane with an API server, simulated time, and a kubelet that makes bound pods ready at once. */
export class ControlPlane {
  readonly clock = new SimClock();
  readonly time = new WallTime(this.clock, START_MS);
  readonly api: ApiServer;
  readonly client: ControlClient;
  readonly controllers: Controllers;
  /** Names of pods that the kubelet leaves as they are. */
  readonly stuck = new Set<string>();
  /** When set, bound pods end in this phase. */
  outcome: 'Succeeded' | 'Failed' | undefined;

  constructor(seed = 1) {
    const rng = new Rng(seed);
    const store = createMemoryStore();
    let uids = 0;
    const uidStream = rng.fork('names');
    const nameStream = rng.fork('suffix');
    const drawStream = rng.fork('scheduler');
    const newUid = () => `uid-${++uids}`;
    this.api = createApiServer({
      store,
      now: () => this.time.now(),
      newUid,
      random: () => uidStream.unit(),
    });
    this.client = apiClient(this.api);
    this.client.create('namespaces', namespace('default'));
    this.controllers = startControllers({
      client: this.client,
      clock: this.clock,
      time: this.time,
      recorder: new EventRecorder({ store, clock: this.clock, time: this.time, newUid }),
      random: { names: () => nameStream.unit(), scheduler: drawStream },
    });
    let ip = 0;
    store.watch('pods', ({ type, object }) => {
      if (type === 'DELETED' || object.spec.nodeName === undefined) return;
      const { uid, name, namespace: where } = object.metadata;
      this.clock.schedule(0, () => {
        const pod = store.get('pods', where, name);
        if (pod?.metadata.uid !== uid || pod === undefined || this.stuck.has(name)) return;
        if (pod.metadata.deletionTimestamp !== undefined) {
          this.client.delete('pods', where, name, { gracePeriodSeconds: 0 });
        } else if (pod.status?.podIP === undefined) {
          this.setPod(pod, this.outcome ?? 'Running', `10.244.0.${++ip}`);
        }
      });
    });
  }

  private setPod(pod: Pod, phase: 'Running' | 'Succeeded' | 'Failed', podIP: string): void {
    const now = this.time.now();
    const status = phase === 'Running' ? 'True' : 'False';
    const conditions = withCondition(pod.status?.conditions, { type: 'Ready', status }, now);
    const containerStatuses =
      phase === 'Running'
        ? []
        : [
            {
              name: 'c',
              state: { terminated: { exitCode: phase === 'Failed' ? 1 : 0, finishedAt: now } },
              ready: false,
              restartCount: 0,
              image: '',
              imageID: '',
            },
          ];
    this.client.updateStatus('pods', {
      ...pod,
      status: { ...pod.status, phase, podIP, conditions, containerStatuses },
    });
  }

  node(name: string, more: Partial<KubeNode['spec']> = {}, allocatable = {}): void {
    this.client.create('nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name } },
      spec: more,
      status: {
        allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable },
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    });
  }

  create<R extends ResourceName>(resource: R, object: ObjectOf<R>): void {
    const made = this.client.create(resource, object);
    if (!made.ok) throw new Error(`${made.failure}: ${made.message}`);
  }

  /** Changes an object's spec and settles. */
  change<R extends ResourceName>(resource: R, name: string, spec: object): void {
    const object = this.client.store.get(resource, 'default', name);
    if (object === undefined) throw new Error(`${name} is missing`);
    const body = { ...object, spec: { ...(object.spec as object), ...spec } };
    const result = this.api.update({ resource, namespace: 'default', name, body });
    if (!result.ok) throw new Error(result.error.message);
    this.settle();
  }

  /** Runs what is due within a moment; 1 s of simulated time when absent. */
  settle(seconds = 1): void {
    this.clock.advance(seconds * SECOND);
  }

  pods(): readonly Pod[] {
    return this.client.store.list('pods', 'default');
  }

  podNames(): readonly string[] {
    return this.pods().map((pod) => pod.metadata.name);
  }

  get<R extends ResourceName>(resource: R, name: string): ObjectOf<R> {
    const object = this.client.store.get(resource, 'default', name);
    if (object === undefined) throw new Error(`${name} is missing`);
    return object;
  }

  events(reason: string): readonly string[] {
    return this.client.store
      .list('events', 'default')
      .filter((event: KubeEvent) => event.reason === reason)
      .map((event: KubeEvent) => event.message ?? '');
  }
}

export function namespace(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

export function template(image = 'nginx', spec: Partial<PodSpec> = {}) {
  return {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image }], ...spec },
  };
}

export function workload<K extends string>(
  kind: K,
  name: string,
  spec: object,
  apiVersion = 'apps/v1',
) {
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
  };
}

export function pod(name: string, spec: Partial<PodSpec> = {}, labels = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
    status: { phase: 'Pending' },
  };
}
