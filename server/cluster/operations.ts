import { printOp } from '../../topology/index.js';
import type { ResourceRef } from '../api/index.js';
import { applyManifest, formatNote, type Problem, readManifests } from '../api/manifest/index.js';
import type { Journey } from '../contract/journey.js';
import type { Pod } from '../contract/kube.js';
import type {
  Answer,
  ApplyReport,
  ClockRequest,
  Commands,
  FaultRequest,
  ProblemLine,
  TraceRequest,
  VertexDetails,
} from '../contract/live.js';
import type { CommandsReport, PortsReport, TraceReport } from '../contract/reports.js';
import type { LogOptions } from '../kubelet/index.js';
import { traceProblem } from '../live/podnet-router.js';
import type { CommandHandlers } from '../live/sockets.js';
import type { Cluster } from './cluster.js';
import { describeVertex } from './details.js';
import { resolveSource } from './ends.js';
import { applyFault } from './faults.js';
import { type FoundLog, findLog, type LogTarget } from './pod-logs.js';
import { portsReport } from './port-report.js';
import { type Reply, refuse, reply } from './reply.js';
import { TraceArchive } from './trace-archive.js';
import { endContext, traceProbe } from './tracing.js';

/** Everything that people ask of a cluster, or do to it, apart from the Kubernetes API. */
export class Operations {
  private readonly cluster: Cluster;
  private readonly archive = new TraceArchive();

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** The commands of the page. */
  readonly handlers: CommandHandlers = {
    trace: async (request) => {
      const answer = await this.trace(request);
      return answer.ok ? { ok: true, value: answer.value.journey } : answer;
    },
    traceStep: async ({ id, hop, step }) =>
      this.archive.step(String(id), Number(hop), Number(step)),
    traceCapture: async ({ id }) => this.archive.capture(String(id)),
    details: async ({ id }) => this.details(String(id)),
    apply: (request) => this.apply(request),
    deleteManifest: (request) => this.deleteManifest(request),
    delete: async (request) => this.delete(request),
    fault: async (request) => this.fault(request),
    clock: async (request) => this.clock(request),
    logs: async ({ pod, container, previous }) => {
      const [namespace = '', name = ''] = String(pod).split('/');
      return this.logsOf(namespace, name, {
        container: String(container),
        previous: previous === true,
      });
    },
  };

  /** Sends a probe; the clock runs ahead until its outcome is known. */
  trace(request: TraceRequest): Promise<Reply<TraceReport>> {
    const problem = traceProblem(request);
    return problem === undefined
      ? traceProbe(this.cluster, request, (outcome) => this.archive.keep(outcome))
      : Promise.resolve(refuse(problem));
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

  private async apply(request: Commands['apply']['request']): Promise<Answer<ApplyReport>> {
    const manifests = readManifests([
      { file: request.file ?? 'manifest', content: String(request.text) },
    ]);
    const namespace = request.namespace ?? 'default';
    const report = applyManifest(this.cluster.api, manifests.objects, { namespace });
    await this.cluster.store.durable(this.cluster.store.revision);
    return {
      ok: true,
      value: {
        lines: [
          ...report.objects
            .filter((o) => o.outcome !== 'refused')
            .map((o) => `${o.title} ${o.outcome}`),
          ...[...manifests.notes, ...report.notes].map(formatNote),
        ],
        problems: [...manifests.problems, ...report.problems].map(problemLine),
      },
    };
  }

  private async deleteManifest(
    request: Commands['deleteManifest']['request'],
  ): Promise<Answer<ApplyReport>> {
    const manifests = readManifests([{ file: 'manifest', content: String(request.text) }]);
    const lines: string[] = [];
    for (const { apiVersion, kind, body, title } of manifests.objects) {
      const { name, namespace } = (body.metadata ?? {}) as {
        readonly name?: string;
        readonly namespace?: string;
      };
      const info = this.cluster.api.registry.byKind(apiVersion, kind);
      if (info === undefined || name === undefined) continue;
      const deleted = this.cluster.api.delete({
        resource: info,
        namespace: namespace ?? request.namespace ?? 'default',
        name,
      });
      lines.push(deleted.ok ? `${title} deleted` : `${title}: ${deleted.error.message}`);
    }
    await this.cluster.store.durable(this.cluster.store.revision);
    return { ok: true, value: { lines, problems: manifests.problems.map(problemLine) } };
  }

  private async delete(request: Commands['delete']['request']): Promise<Answer<string>> {
    const resource = DELETABLE[request.kind];
    if (resource === undefined)
      return { ok: false, error: `'${request.kind}' cannot be deleted here` };
    const deleted = this.cluster.api.delete({
      resource,
      namespace: request.namespace ?? 'default',
      name: request.name,
    });
    if (!deleted.ok) return { ok: false, error: deleted.error.message ?? 'refused' };
    await this.cluster.store.durable(this.cluster.store.revision);
    return { ok: true, value: `${request.kind} ${request.name} deleted` };
  }

  private fault(request: FaultRequest): Answer<string> {
    return applyFault(this.cluster, request);
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

const DELETABLE: Readonly<Record<string, ResourceRef>> = {
  Pod: 'pods',
  Service: 'services',
  Deployment: 'apps/deployments',
};

function problemLine(problem: Problem): ProblemLine {
  const where = [problem.object, problem.field]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
  return {
    file: problem.file,
    line: problem.line,
    column: problem.column,
    message: where === '' ? problem.message : `${where}: ${problem.message}`,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
  };
}
