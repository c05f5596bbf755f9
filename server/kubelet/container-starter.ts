import { type ImageReference, parseImageReference, type ResolvedImage } from '../registry/index.js';
import { formatDuration } from './back-off.js';
import { type ConfiguredPod, ContainerConfigurator } from './container-config.js';
import type { ContainerSlot } from './container-slot.js';
import type { PodStage } from './contract.js';
import { pullPolicyOf } from './image-manager.js';
import { inodesOf } from './inodes.js';
import { formatPod } from './names.js';
import type { NodeContext } from './node-context.js';
import type { PodRecord } from './pod-record.js';
import type { PodReporter } from './pod-reporter.js';
import { namespaceKinds, type RuntimeContainer } from './runtime.js';
import type { Sandbox } from './sandbox.js';

/** What the starter needs of the pod it works for. */
export interface PodHandle extends ConfiguredPod {
  readonly sandbox: Sandbox | undefined;
  /** The pod is being ended: nothing new starts. */
  readonly ending: boolean;
  readonly reporter: PodReporter;
  changed(): void;
  syncIn(delayNs: number): void;
  started(slot: ContainerSlot, run: RuntimeContainer): void;
}

const SECOND = 1_000_000_000;
const CREATE_AND_START_NS = 120_000_000;
const SHOW_BACK_OFF_NS = 2 * SECOND;
const CONFIG_RETRY_NS = 10 * SECOND;

/** Brings one container from "should run" to a running process: image, create, start. */
export class ContainerStarter {
  private readonly node: NodeContext;
  private readonly pod: PodHandle;
  private readonly configurator: ContainerConfigurator;

  constructor(node: NodeContext, pod: PodHandle) {
    this.node = node;
    this.pod = pod;
    this.configurator = new ContainerConfigurator(node, pod);
  }

  /** Starts a container that does not run. What goes wrong becomes its waiting state, and is tried again later. */
  start(slot: ContainerSlot): void {
    if (slot.busy || this.isInBackOff(slot)) return;
    slot.busy = true;
    const text = slot.spec.image ?? '';
    const parsed = parseImageReference(text);
    if (!parsed.ok) {
      const message = `Failed to apply default image tag "${text}": couldn't parse image name "${text}": ${parsed.error}`;
      this.event(slot, 'Warning', 'InspectFailed', message);
      this.refuse(slot, { stage: 'pull', reason: 'InvalidImageName', message });
      slot.notBeforeNs = Number.POSITIVE_INFINITY;
      return;
    }
    this.ensureImage(slot, parsed.value);
  }

  /** CrashLoopBackOff: every restart but the first waits, twice as long each time. */
  private isInBackOff(slot: ContainerSlot): boolean {
    const { clock } = this.node.options;
    const { nowNs } = clock;
    if (nowNs < slot.notBeforeNs) return true;
    const { run } = slot;
    if (run?.state !== 'exited') return false;
    const remainingNs = slot.restartBackOff.remainingSince(run.finishedNs, nowNs);
    if (remainingNs === 0) return false;
    const delay = formatDuration(slot.restartBackOff.delayAt(nowNs));
    const name = formatPod(this.pod.pod);
    const message = `back-off ${delay} restarting failed container=${slot.spec.name} pod=${name}`;
    slot.waiting = { reason: 'CrashLoopBackOff', message };
    slot.notBeforeNs = nowNs + remainingNs;
    this.event(
      slot,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${slot.spec.name} in pod ${name}`,
    );
    this.pod.reporter.step('start', 'back off', message, { slot, code: 'CrashLoopBackOff' });
    this.pod.changed();
    this.pod.syncIn(remainingNs);
    return true;
  }

  private ensureImage(slot: ContainerSlot, reference: ImageReference): void {
    const { images } = this.node;
    const text = reference.text;
    const present = images.find(reference);
    const policy = pullPolicyOf(slot.spec, reference);
    if (present !== undefined && policy !== 'Always') {
      const message = `Container image "${text}" already present on machine`;
      this.event(slot, 'Normal', 'Pulled', message);
      const had = new Set(present.layers.map(({ digest }) => digest));
      const record = { kind: 'image', image: present, had } as const;
      this.pod.reporter.step('pull', 'find', message, { slot, record });
      this.createSoon(slot, present);
      return;
    }
    if (policy === 'Never') {
      const message = `Container image "${text}" is not present with pull policy of Never`;
      this.event(slot, 'Warning', 'ErrImageNeverPull', message);
      this.refuse(slot, { stage: 'pull', reason: 'ErrImageNeverPull', message });
      slot.notBeforeNs = Number.POSITIVE_INFINITY;
      return;
    }
    this.event(slot, 'Normal', 'Pulling', `Pulling image "${text}"`);
    this.pod.reporter.step('pull', 'pull', `pulling ${reference.canonical}`, { slot });
    images.pull(reference, ({ had, image, pullNs, totalNs }) => {
      if (slot.spec.image !== text || this.pod.ending) {
        slot.busy = false;
        return;
      }
      if (!image.ok) {
        this.pullFailed(slot, text, image.error);
        return;
      }
      slot.pullBackOff.reset();
      const { entry } = image.value;
      const took = `${goMilliseconds(pullNs)} (${goMilliseconds(totalNs)} including waiting)`;
      const message = `Successfully pulled image "${text}" in ${took}. Image size: ${entry.sizeBytes} bytes.`;
      this.event(slot, 'Normal', 'Pulled', message);
      const assumed =
        entry.assumed === true
          ? '; podnet does not know this image and assumes that it exists'
          : '';
      this.pod.reporter.step('pull', 'pulled', `${message}${assumed}`, {
        slot,
        record: { kind: 'image', image: image.value, had },
      });
      this.createSoon(slot, image.value);
    });
  }

  private pullFailed(
    slot: ContainerSlot,
    text: string,
    error: { code: string; message: string },
  ): void {
    const { clock } = this.node.options;
    slot.pullBackOff.next(clock.nowNs);
    const delayNs = slot.pullBackOff.delayAt(clock.nowNs);
    this.event(slot, 'Warning', 'Failed', `Failed to pull image "${text}": ${error.message}`);
    this.refuse(slot, {
      stage: 'pull',
      reason: 'ErrImagePull',
      message: error.message,
      code: error.code,
    });
    slot.notBeforeNs = clock.nowNs + delayNs;
    this.pod.syncIn(delayNs);
    clock.schedule(SHOW_BACK_OFF_NS, () => {
      if (this.pod.ending || slot.spec.image !== text || slot.waiting?.reason !== 'ErrImagePull')
        return;
      const message = `Back-off pulling image "${text}"`;
      slot.waiting = {
        reason: 'ImagePullBackOff',
        message: `${message}: ErrImagePull: ${error.message}`,
      };
      this.event(slot, 'Normal', 'BackOff', message);
      this.event(slot, 'Warning', 'Failed', 'Error: ImagePullBackOff');
      this.pod.reporter.step('pull', 'back off', `${message} for ${formatDuration(delayNs)}`, {
        slot,
        code: 'ImagePullBackOff',
      });
      this.pod.changed();
    });
  }

  private createSoon(slot: ContainerSlot, image: ResolvedImage): void {
    slot.image = image;
    const { sandbox } = this.pod;
    this.node.options.clock.schedule(CREATE_AND_START_NS, () => {
      slot.busy = false;
      if (this.pod.ending || sandbox === undefined || this.pod.sandbox !== sandbox) return;
      this.createAndStart(slot, image, sandbox);
    });
  }

  private createAndStart(slot: ContainerSlot, image: ResolvedImage, sandbox: Sandbox): void {
    const made = this.configurator.configure(slot, image, sandbox);
    if (!made.ok) {
      this.refuse(slot, {
        stage: 'create',
        reason: 'CreateContainerConfigError',
        message: made.error,
      });
      slot.notBeforeNs = this.node.options.clock.nowNs + CONFIG_RETRY_NS;
      this.pod.syncIn(CONFIG_RETRY_NS);
      return;
    }
    const { clock } = this.node.options;
    if (slot.run?.state === 'exited') slot.restartBackOff.next(clock.nowNs);
    if (slot.hadRun) slot.restartCount++;
    slot.hadRun = true;
    const run = this.node.runtime.createContainer(made.value);
    this.event(slot, 'Normal', 'Created', `Created container: ${slot.spec.name}`);
    this.pod.reporter.step(
      'create',
      'create',
      `container ${run.id.slice(0, 12)} from ${image.reference.canonical}`,
      { slot, record: { kind: 'bundle', bundle: run.config.bundle } },
    );
    slot.previousRun = slot.run;
    slot.run = run;
    slot.previous = slot.terminated ?? slot.previous;
    slot.terminated = undefined;
    slot.waiting = undefined;
    slot.killing = false;
    const started = this.node.runtime.startContainer(run);
    if (!started.ok) {
      const { message, reason } = started.error;
      this.pod.exited(slot, run);
      this.refuse(slot, { stage: 'start', reason, message });
      return;
    }
    this.event(slot, 'Normal', 'Started', `Started container ${slot.spec.name}`);
    this.pod.reporter.step(
      'start',
      'start',
      `${run.config.argv.join(' ')} runs as pid ${run.process?.pid} in the pod's namespaces`,
      { slot, builds: 'container', ...startRecord(run) },
    );
    this.pod.started(slot, run);
  }

  private refuse(
    slot: ContainerSlot,
    why: { stage: PodStage; reason: string; message: string; code?: string },
  ): void {
    slot.busy = false;
    slot.waiting = { reason: why.reason, message: why.message };
    slot.lastError = why.message;
    this.event(
      slot,
      'Warning',
      'Failed',
      `Error: ${why.stage === 'pull' ? why.reason : why.message}`,
    );
    this.pod.reporter.step(why.stage, 'fail', why.message, { slot, code: why.code ?? why.reason });
    this.pod.changed();
  }

  private event(
    slot: ContainerSlot,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void {
    this.pod.reporter.event(slot, { type, reason, message });
  }
}

function startRecord({ config, process }: RuntimeContainer): { readonly record?: PodRecord } {
  if (process === undefined) return {};
  const { argv, pod, sandbox, target, uid } = config;
  const { joined, made } = namespaceKinds(pod, target !== undefined);
  const namespaces = inodesOf(process);
  const joinedPid = (target?.process ?? sandbox.pause).pid;
  const started = { pid: process.pid, argv, uid, joinedPid, joined, made, namespaces };
  return { record: { kind: 'process', process: started } };
}

/** The kubelet prints pull times cut to milliseconds. */
function goMilliseconds(ns: number): string {
  return formatDuration(Math.floor(ns / 1e6) * 1e6);
}
