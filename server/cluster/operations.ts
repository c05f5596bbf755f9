import { printOp } from '../../topology/index.js';
import type { Done } from '../contract/acting.js';
import type { Journey } from '../contract/journey.js';
import type { Pod } from '../contract/kube.js';
import type {
  Answer,
  ClockRequest,
  FaultRequest,
  TraceRequest,
  VertexDetails,
} from '../contract/live.js';
import type { CommandsReport, PortsReport, TraceReport } from '../contract/reports.js';
import type { SuggestReport, SuggestRequest } from '../contract/what-if.js';
import type { LogOptions } from '../kubelet/index.js';
import type { CommandHandlers } from '../live/command-sockets.js';
import { traceProblem } from '../live/podnet-router.js';
import { applyText, deleteText, loadText } from './act/apply-text.js';
import { act } from './act/change-object.js';
import { Snapshots } from './act/snapshots.js';
import { type ObjectChange, UndoLog } from './act/undo-log.js';
import { Captures } from './captures.js';
import type { Cluster } from './cluster.js';
import { describeVertex } from './details.js';
import { resolveSource } from './ends.js';
import { applyFault } from './faults.js';
import { insideOf } from './inside.js';
import { podStepIn } from './pod-journey/artefacts.js';
import { type FoundLog, findLog, type LogTarget } from './pod-logs.js';
import { queueIn } from './pod-queues.js';
import { policyReach } from './policy-reach.js';
import { portsReport } from './port-report.js';
import { type Reply, refuse, reply } from './reply.js';
import { endContext, traceProbe } from './tracing.js';
import { tryBindIn } from './try-bind.js';
import { Suggester } from './what-if/suggester.js';
import { typeCommands } from './what-if/typed-command.js';

const FAULTS = 'podnet.dev/faults';

/** Everything that people ask of a cluster, or do to it, apart from the Kubernetes API. */
export class Operations {
  private readonly cluster: Cluster;
  private readonly captures: Captures;
  private readonly undoLog: UndoLog;
  private readonly snapshots: Snapshots;
  private readonly suggester: Suggester;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.captures = new Captures(cluster);
    this.undoLog = new UndoLog(cluster.api);
    this.snapshots = new Snapshots(cluster.api);
    this.suggester = new Suggester(cluster);
  }

  /** The commands of the page. */
  readonly handlers: CommandHandlers = {
    trace: async (request) => {
      const answer = await this.trace(request);
      return answer.ok ? { ok: true, value: answer.value.journey } : answer;
    },
    traceStep: async ({ id, hop, step }) =>
      this.cluster.archive.step(String(id), Number(hop), Number(step)),
    traceCapture: async ({ id }) => this.cluster.archive.capture(String(id)),
    traces: async () => reply(this.cluster.archive.list()),
    keptTrace: async ({ id }) => this.cluster.archive.find(String(id)),
    tracePackets: async ({ id }) => this.cluster.archive.packets(String(id)),
    podStep: async ({ id, artefacts }) => podStepIn(this.cluster, String(id), String(artefacts)),
    details: async ({ id }) => this.details(String(id)),
    inside: async ({ ids }) =>
      reply(insideOf(this.cluster, Array.isArray(ids) ? ids.map(String) : [])),
    reach: async ({ id }) => policyReach(this.cluster, String(id)),
    apply: (request) => this.durable(reply(applyText(this.cluster, this.undoLog, request))),
    deleteManifest: (request) =>
      this.durable(reply(deleteText(this.cluster, this.undoLog, request))),
    load: async (request) => loadText(this.cluster, request),
    act: (request) => this.durable(act(this.cluster, this.undoLog, request)),
    undo: ({ id }) => this.durable(this.undoLog.undo(String(id))),
    snapshots: (request) => this.durable(this.snapshots.answer(request)),
    fault: async (request) => this.fault(request),
    clock: async (request) => this.clock(request),
    logs: async ({ pod, container, previous }) => {
      const [namespace = '', name = ''] = String(pod).split('/');
      return this.logsOf(namespace, name, {
        container: String(container),
        previous: previous === true,
      });
    },
    captureStart: async (request) => this.captures.start(request),
    captureRead: async ({ id, after }) => this.captures.read(String(id), Number(after)),
    captureStop: async ({ id }) => {
      this.captures.stop(String(id));
      return { ok: true, value: null };
    },
    capturePacket: async ({ id, number }) => this.captures.packet(String(id), Number(number)),
    captureFile: async ({ id }) => this.captures.file(String(id)),
    tryBind: async (request) => tryBindIn(this.cluster, request),
    queue: async (request) => queueIn(this.cluster, request),
    suggest: (request) => this.suggest(request),
    suggestEnd: async ({ run }) => {
      this.suggester.end(String(run));
      return { ok: true, value: null };
    },
    typed: async (request) => typeCommands(this.cluster, request),
  };

  /** Sends a probe; the clock runs ahead until its outcome is known. */
  trace(request: TraceRequest): Promise<Reply<TraceReport>> {
    const problem = traceProblem(request);
    return problem === undefined
      ? traceProbe(this.cluster, request)
      : Promise.resolve(refuse(problem));
  }

  /** Tries what may make a failed trace arrive on copies of the cluster. */
  suggest(request: SuggestRequest): Promise<Reply<SuggestReport>> {
    return this.suggester.suggest(request);
  }

  ports(pod: string, namespace: string): Reply<PortsReport> {
    const found = this.findPod(pod, namespace);
    return found.ok ? reply(portsReport(this.cluster, found.value)) : found;
  }

  /** The commands that built a pod's network, in order, as a person would type them. */
  commands(pod: string, namespace: string): Reply<CommandsReport> {
    const found = this.findPod(pod, namespace);
    if (!found.ok) return found;
    const name = `${found.value.metadata.namespace}/${found.value.metadata.name}`;
    const view = this.cluster
      .kubeletOf(found.value)
      ?.podRuntimeView(found.value.metadata.uid ?? '');
    if (view?.sandbox === undefined)
      return refuse(`pod ${name} has no sandbox yet, so nothing was built`);
    if (view.netnsName === '')
      return refuse(`pod ${name} uses the host's network: nothing was built for it`);
    return reply({
      pod: name,
      node: view.node,
      lines: view.sandbox.ops.flatMap((op) => printOp(op)),
    });
  }

  podJourney(pod: string, namespace: string): Reply<Journey> {
    const found = this.findPod(pod, namespace);
    return found.ok ? reply(this.cluster.journeys.of(found.value)) : found;
  }

  details(id: string): Reply<VertexDetails> {
    const details = describeVertex(this.cluster, id);
    return details === undefined ? refuse(`'${id}' is gone`) : reply(details);
  }

  /** A container's log as one text. */
  logsOf(namespace: string, name: string, request: LogTarget & LogOptions): Reply<string> {
    const pod = this.cluster.store.get('pods', namespace, name);
    if (pod === undefined) return refuse(`pods "${name}" not found`);
    const found = this.logOf(pod, request);
    return found.ok ? reply(new TextDecoder().decode(found.value.print(request))) : found;
  }

  /** A container's log, to be printed or followed. */
  logOf(pod: Pod, target: LogTarget): Reply<FoundLog> {
    return findLog(this.cluster, pod, target);
  }

  /** Answers when what was written is on disk. */
  private async durable<T>(answer: Reply<T>): Promise<Answer<T>> {
    // Faults break and heal at once, also while the clock stands still.
    for (const { metadata } of this.cluster.store.list(FAULTS))
      this.cluster.faults.sync(metadata.name);
    await this.cluster.store.durable(this.cluster.store.revision);
    return answer;
  }

  /** Breaks or mends; what a Fault object stands for can be undone, what was killed cannot. */
  private fault(request: FaultRequest): Answer<Done> {
    const { store, api } = this.cluster;
    const before = new Map(store.list(FAULTS).map((fault) => [fault.metadata.name, fault]));
    const done = applyFault(this.cluster, request);
    if (!done.ok) return done;
    const after = new Map(store.list(FAULTS).map((fault) => [fault.metadata.name, fault]));
    const info = api.registry.byStorage(FAULTS);
    const names = [...new Set([...before.keys(), ...after.keys()])];
    const changes = names.flatMap((name): readonly ObjectChange[] => {
      if (info === undefined || before.has(name) === after.has(name)) return [];
      const states = { before: before.get(name), after: after.get(name) };
      return [{ info, namespace: undefined, name, ...states }];
    });
    const undo = this.undoLog.record(changes);
    return { ok: true, value: { text: done.value, ...(undo === undefined ? {} : { undo }) } };
  }

  private async clock({ paused, speed, step }: ClockRequest): Promise<Answer<null>> {
    const { driver } = this.cluster;
    if (speed !== undefined) {
      if (!(speed > 0 && speed <= 1000))
        return { ok: false, error: `speed must be above 0 and up to 1000, not ${speed}` };
      driver.setSpeed(speed);
    }
    if (step === true) {
      driver.pause();
      await driver.step();
      this.cluster.onClock();
    } else if (paused === true) driver.pause();
    else if (paused === false) driver.start();
    return { ok: true, value: null };
  }

  private findPod(text: string, namespace: string): Reply<Pod> {
    const source = resolveSource(text, endContext(this.cluster, { namespace, protocol: 'tcp' }));
    if (!source.ok) return source;
    return source.value.kind === 'pod'
      ? reply(source.value.pod)
      : refuse(`'${text}' is a machine, not a pod`);
  }
}
