import { readFileSync } from 'node:fs';
import {
  type ApplyReport,
  applyManifest,
  findSources,
  formatProblem,
  type ManifestSource,
  readManifests,
} from '../../../server/api/manifest/index.js';
import { podWords } from '../../../server/api/table/pod-status.js';
import { Cluster } from '../../../server/cluster/cluster.js';
import { loadTopology } from '../../../server/cluster/load-topology.js';
import { Operations } from '../../../server/cluster/operations.js';
import { createZone } from '../../../server/cluster/zone.js';
import type { ContainerStatus, Pod } from '../../../server/contract/kube.js';
import type { FaultRequest, TraceRequest } from '../../../server/contract/live.js';
import type { TraceReport } from '../../../server/contract/reports.js';
import { createMemoryStore } from '../../../server/store/index.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);
const SECOND_NS = 1_000_000_000;
/** How long pods may take to come up, and a command to end, in simulated time. */
const PATIENCE_NS = 180 * SECOND_NS;
/** Bounds that keep a test of something that never ends from never ending itself. */
const EXEC_LIMIT_NS = 120 * SECOND_NS;

/** What a cluster under test is made from. */
export interface ScenarioOptions {
  /** Name of a preset or path of a Topology file; three nodes when absent. */
  readonly topology?: string;
  readonly seed?: number;
  /** Manifests as text. */
  readonly manifests?: string;
  /** Files and folders of manifests. */
  readonly files?: readonly string[];
  /** Namespace of objects and names that name none. */
  readonly namespace?: string;
}

/** How a command in a container ended. */
export interface ExecOutcome {
  /** Undefined when it had not ended after two minutes of simulated time. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A cluster in this process, and what tests ask of it. Names of pods may leave out what a controller generated. */
export class Scenario {
  readonly cluster: Cluster;
  readonly operations: Operations;
  readonly namespace: string;

  constructor(options: ScenarioOptions = {}) {
    const topology = loadTopology(options.topology);
    if (!topology.ok) throw new Error(topology.error.join('\n'));
    this.cluster = new Cluster(
      {
        topology: topology.value,
        store: createMemoryStore(),
        seed: options.seed ?? 1,
        epochMs: EPOCH_MS,
      },
      createZone,
    );
    this.operations = new Operations(this.cluster);
    this.namespace = options.namespace ?? 'default';
  }

  /** Applies manifests; throws with their problems when there are any. */
  apply(text: string): ApplyReport {
    return this.applySources([{ file: 'scenario.yaml', content: text }]);
  }

  applySources(sources: readonly ManifestSource[]): ApplyReport {
    const read = readManifests(sources);
    const report = applyManifest(this.cluster.api, read.objects, { namespace: this.namespace });
    const problems = [...read.problems, ...report.problems];
    if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
    return report;
  }

  /** Runs until every pod is Ready, has ended or is stuck. */
  settle(): Promise<void> {
    return this.cluster.settle(PATIENCE_NS);
  }

  /** Lets so many seconds of simulated time pass. */
  run(seconds: number): Promise<void> {
    const { driver, fabric } = this.cluster;
    return driver.runUntil(fabric.clock.nowNs + seconds * SECOND_NS);
  }

  /** Lets time pass until something holds; throws when it does not within so many seconds. */
  async until(what: string, holds: () => boolean, seconds = 180): Promise<void> {
    const { driver, fabric } = this.cluster;
    await driver.runUntil(fabric.clock.nowNs + seconds * SECOND_NS, holds);
    if (!holds()) throw new Error(`after ${seconds} s of simulated time: not ${what}`);
  }

  /** Seconds of simulated time since the cluster began. */
  get seconds(): number {
    return this.cluster.fabric.clock.nowNs / SECOND_NS;
  }

  pods(namespace = this.namespace): readonly Pod[] {
    return this.cluster.store.list('pods', namespace);
  }

  findPod(name: string): Pod | undefined {
    const [namespace, short] = this.split(name);
    const exact = this.cluster.store.get('pods', namespace, short);
    return exact ?? this.pods(namespace).find((p) => p.metadata.name.startsWith(`${short}-`));
  }

  pod(name: string): Pod {
    const pod = this.findPod(name);
    if (pod === undefined) throw new Error(`there is no pod ${name}`);
    return pod;
  }

  /** Status of a container, or of the first. */
  container(podName: string, name?: string): ContainerStatus {
    const { status } = this.pod(podName);
    const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    const found =
      name === undefined ? status?.containerStatuses?.[0] : all.find((c) => c.name === name);
    if (found === undefined) throw new Error(`pod ${podName} has no status of ${name ?? 'any'}`);
    return found;
  }

  /** What `kubectl get pods` has in its STATUS column, as the API's table says. */
  shownStatus(podName: string): string {
    return podWords(this.pod(podName), this.cluster.now()).status;
  }

  /** Events about an object as `Reason: message`, in order of time. */
  events(name: string): readonly string[] {
    const { metadata } = this.pod(name);
    return this.cluster.store
      .list('events', metadata.namespace)
      .filter((event) => event.involvedObject.uid === metadata.uid)
      .map((event) => `${event.reason}: ${event.message}`);
  }

  /** Runs a command in a container and lets time pass until it ends. */
  async exec(podName: string, argv: readonly string[], container?: string): Promise<ExecOutcome> {
    const pod = this.pod(podName);
    const { driver, fabric } = this.cluster;
    const text = { stdout: '', stderr: '' };
    const decoder = new TextDecoder();
    const started = this.cluster
      .kubeletOf(pod)
      ?.exec(pod.metadata.uid ?? '', container ?? pod.spec.containers[0]?.name ?? '', {
        argv,
        write: (stream, octets) => {
          text[stream] += decoder.decode(octets);
        },
      });
    if (started === undefined) throw new Error(`pod ${podName} is on no node`);
    if (!started.ok) return { exitCode: 126, stdout: '', stderr: started.error.text };
    const { process } = started.value;
    await driver.runUntil(fabric.clock.nowNs + EXEC_LIMIT_NS, () => process.state === 'exited');
    return { exitCode: process.state === 'exited' ? process.exitCode : undefined, ...text };
  }

  /** Runs a line of shell in a container. */
  shell(podName: string, line: string, container?: string): Promise<ExecOutcome> {
    return this.exec(podName, ['sh', '-c', line], container);
  }

  /** Sends a probe; throws when the question itself is wrong. */
  async trace(from: string, to: string, options: Partial<TraceRequest> = {}): Promise<TraceReport> {
    const request = { protocol: 'tcp', namespace: this.namespace, ...options, from, to } as const;
    const answer = await this.operations.trace(request);
    if (!answer.ok) throw new Error(answer.error);
    return answer.value;
  }

  /** Breaks or mends something. */
  async fault(request: FaultRequest): Promise<string> {
    const answer = await this.operations.handlers.fault(request);
    if (!answer.ok) throw new Error(answer.error);
    return answer.value.text;
  }

  logs(podName: string, container?: string, previous = false): string {
    const { metadata } = this.pod(podName);
    const answer = this.operations.logsOf(metadata.namespace ?? '', metadata.name, {
      container,
      previous,
    });
    return answer.ok ? answer.value : `(${answer.error})`;
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }

  private split(name: string): readonly [namespace: string, name: string] {
    const [first = '', second] = name.split('/');
    return second === undefined ? [this.namespace, first] : [first, second];
  }
}

/** A cluster with manifests applied and every pod settled. */
export async function startCluster(options: ScenarioOptions = {}): Promise<Scenario> {
  const scenario = new Scenario(options);
  const { sources, problems } = findSources(options.files ?? []);
  if (problems.length > 0) throw new Error(problems.map(formatProblem).join('\n'));
  const text = options.manifests ?? '';
  const all = text === '' ? sources : [...sources, { file: 'scenario.yaml', content: text }];
  if (all.length > 0) scenario.applySources(all);
  await scenario.settle();
  return scenario;
}

/** Path of a file of the project. */
export function projectFile(path: string): string {
  return new URL(`../../../${path}`, import.meta.url).pathname;
}

/** A file of the project as text. */
export function readProjectFile(path: string): string {
  return readFileSync(projectFile(path), 'utf8');
}
