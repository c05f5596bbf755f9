import type { Pod } from '../contract/kube.js';
import type { NodeContext } from './node-context.js';
import type { PodReporter } from './pod-reporter.js';
import { namespacesOf, runPodSandbox, type Sandbox, stopPodSandbox } from './sandbox.js';

const SECOND = 1_000_000_000;
/** Time from "pod seen" to "pause runs and CNI has answered". */
const SANDBOX_NS = 180_000_000;
const RETRY_NS = 12 * SECOND;
/** The kubelet looks at its sandboxes once a second (PLEG). */
const RELIST_NS = SECOND;

/** What the keeper asks of the pod it works for. */
export interface SandboxOwner {
  readonly pod: Pod;
  readonly ending: boolean;
  syncIn(delayNs: number): void;
}

/** Holds the sandbox of one pod: makes it, notices that pause has died, gives it back. */
export class SandboxKeeper {
  private readonly node: NodeContext;
  private readonly owner: SandboxOwner;
  private readonly reporter: PodReporter;
  private pending = false;
  private attempts = 0;
  private present: Sandbox | undefined;
  private lastIp: string | undefined;

  /** `lastIp` is what the API knows from before the kubelet started. */
  constructor(node: NodeContext, owner: SandboxOwner, reporter: PodReporter) {
    this.node = node;
    this.owner = owner;
    this.reporter = reporter;
    this.lastIp = owner.pod.status?.podIP;
  }

  get sandbox(): Sandbox | undefined {
    return this.present;
  }

  /** There is a sandbox, but pause is dead. */
  get lost(): boolean {
    return this.present !== undefined && this.present.pause.state !== 'running';
  }

  /** There is a sandbox and pause runs. */
  get ready(): boolean {
    return this.present?.pause.state === 'running';
  }

  /** The pod's address, or the last one it had. */
  get ip(): string | undefined {
    return this.present?.ip ?? this.lastIp;
  }

  /** Makes a sandbox; the owner is woken when it is there, or when it is time to try again. */
  create(): void {
    if (this.pending) return;
    this.pending = true;
    this.node.options.clock.schedule(SANDBOX_NS, () => {
      this.pending = false;
      if (this.owner.ending) this.owner.syncIn(0);
      else this.run();
    });
  }

  /** Gives the sandbox and its address back. Does nothing when there is none. */
  release(): void {
    const { present } = this;
    if (present === undefined) return;
    this.present = undefined;
    const { cni, host } = this.node.options;
    stopPodSandbox(present, host, cni);
    this.reporter.step('stop', 'stop', 'the sandbox is gone and its address is free', {
      breaks: 'pause',
    });
  }

  /** Tells that the sandbox the pod had is not the one it will have. */
  announceChange(): void {
    const message = 'Pod sandbox changed, it will be killed and re-created.';
    this.reporter.event(undefined, { type: 'Normal', reason: 'SandboxChanged', message });
    this.reporter.step('sandbox', 'lost', message, { code: 'SandboxChanged', breaks: 'pause' });
  }

  private run(): void {
    const { clock, cni, host, nodeIp, nodeName } = this.node.options;
    const { pod } = this.owner;
    const attempt = this.attempts++;
    const made = runPodSandbox({ pod, attempt, host, cni, nodeName, nodeIp, nowNs: clock.nowNs });
    if (!made.ok) {
      const { code, message, refused, stage } = made.error;
      this.reporter.event(undefined, {
        type: 'Warning',
        reason: 'FailedCreatePodSandBox',
        message: `Failed to create pod sandbox: ${message}`,
      });
      this.reporter.step(stage === 'cni' ? 'cni' : 'sandbox', 'fail', message, {
        code,
        ...(refused === undefined ? {} : { record: { kind: 'network-refused', ...refused } }),
      });
      this.reporter.changed();
      this.owner.syncIn(RETRY_NS);
      return;
    }
    const sandbox = made.value;
    this.present = sandbox;
    this.lastIp = sandbox.ip;
    this.tell(sandbox);
    const { pause } = sandbox;
    pause.onExit(() => {
      if (this.present === sandbox) this.owner.syncIn(RELIST_NS);
    });
    this.reporter.changed();
    this.owner.syncIn(0);
  }

  private tell(sandbox: Sandbox): void {
    const { netnsName, network, pause } = sandbox;
    const { nodeName } = this.node.options;
    const own = namespacesOf(this.owner.pod).filter((kind) => kind !== 'mnt');
    const held = own.length === 0 ? 'no namespace but its own mounts' : own.sort().join(', ');
    const pausing = `pause runs as pid ${pause.pid} and holds ${held} for the containers to come`;
    this.reporter.step('sandbox', 'clone', pausing, {
      builds: 'pause',
      record: { kind: 'sandbox', sandbox },
    });
    if (network === undefined) {
      const shared = `the pod shares the network of ${nodeName}: there is nothing to wire, its address is ${sandbox.ip}`;
      this.reporter.step('cni', 'skip', shared);
      return;
    }
    const named = `its network namespace is called ${netnsName} on ${nodeName}; lo is up, nothing else is there yet`;
    this.reporter.step('sandbox', 'prepare', named, { record: { kind: 'netns', sandbox } });
    const reason = `eth0 has ${network.ip}, reached by ${network.hostDevice} on ${nodeName}`;
    this.reporter.step('cni', 'add', reason, {
      builds: 'network',
      record: { kind: 'network', sandbox },
    });
  }
}
