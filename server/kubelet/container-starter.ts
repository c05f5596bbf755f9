import { fail, ok, type Result } from '../../topology/index.js';
import type { Pod } from '../contract/kube.js';
import { VirtualFileSystem, Volume } from '../program/fs/virtual-file-system.js';
import { type ImageReference, parseImageReference, type ResolvedImage } from '../registry/index.js';
import { formatDuration } from './back-off.js';
import type { ContainerSlot } from './container-slot.js';
import type { PodStage } from './contract.js';
import { resolveEnvironment } from './environment.js';
import { hostnameOf, hostsFile, resolvConf } from './etc-files.js';
import { expand } from './expansion.js';
import type { DownwardFacts } from './field-ref.js';
import { pullPolicyOf } from './image-manager.js';
import { formatPod, namespaceOf, uidOf } from './names.js';
import type { NodeContext } from './node-context.js';
import { type OciMount, ociConfig, securityOf } from './oci-bundle.js';
import type { PodReporter } from './pod-reporter.js';
import { containerIdOf, type RuntimeContainer } from './runtime.js';
import type { Sandbox } from './sandbox.js';
import { missingVolume } from './volumes.js';

/** What the starter needs of the pod it works for. */
export interface PodHandle {
  readonly pod: Pod;
  readonly sandbox: Sandbox | undefined;
  readonly volumes: ReadonlyMap<string, Volume>;
  /** The pod is being ended: nothing new starts. */
  readonly ending: boolean;
  readonly facts: DownwardFacts;
  readonly reporter: PodReporter;
  changed(): void;
  syncIn(delayNs: number): void;
  exited(slot: ContainerSlot, run: RuntimeContainer): void;
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
  private etc: { readonly sandbox: Sandbox; readonly volume: Volume } | undefined;

  constructor(node: NodeContext, pod: PodHandle) {
    this.node = node;
    this.pod = pod;
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
      this.pod.reporter.step('pull', 'find', message, { slot });
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
    images.pull(reference, ({ image, pullNs, totalNs }) => {
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
      this.pod.reporter.step('pull', 'pulled', `${message}${assumed}`, { slot });
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
    const made = this.configure(slot, image, sandbox);
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
      { slot },
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
      `${run.config.argv.join(' ')} runs as pid ${run.process?.pid}`,
      { slot },
    );
    this.pod.started(slot, run);
  }

  private configure(
    slot: ContainerSlot,
    image: ResolvedImage,
    sandbox: Sandbox,
  ): Result<RuntimeContainer['config'], string> {
    const { options, shared } = this.node;
    const { facts, pod, volumes } = this.pod;
    const { spec } = slot;
    const hostname = hostnameOf(pod, options.nodeName);
    const env = resolveEnvironment({
      pod,
      container: spec,
      store: options.store,
      imageEnv: image.entry.env,
      services: shared.services.of(
        namespaceOf(pod),
        pod.spec.enableServiceLinks === false ? 'kubernetes' : 'all',
      ),
      hostname,
      facts,
    });
    if (!env.ok) return env;
    const user = userOf(pod, slot, image);
    if (!user.ok) return user;
    const lost = missingVolume(spec, volumes);
    if (lost !== undefined)
      return fail(`cannot find volume "${lost}" to mount into container "${spec.name}"`);
    const argv = commandOf(spec, image, env.value);
    if (argv.length === 0) return fail('no command specified');
    const { files, mounts } = this.filesOf(slot, sandbox, env.value);
    const podUid = uidOf(pod);
    const id = containerIdOf(
      podUid,
      spec.name,
      slot.restartCount + (slot.hadRun ? 1 : 0),
      options.clock.nowNs,
    );
    const workingDir = spec.workingDir ?? image.entry.workingDir;
    const bundle = () =>
      ociConfig({
        pod,
        podUid,
        container: spec,
        containerId: id,
        sandboxId: sandbox.id,
        pausePid: sandbox.pause.pid,
        imageName: image.reference.canonical,
        args: argv,
        env: env.value,
        workingDir,
        uid: user.value.uid,
        gid: user.value.gid,
        hostname,
        mounts,
      });
    return ok({
      pod,
      podUid,
      spec,
      sandbox,
      attempt: slot.restartCount,
      id,
      image,
      argv,
      env: env.value,
      workingDir,
      uid: user.value.uid,
      files,
      bundle,
      onExit: (run) => this.pod.exited(slot, run),
    });
  }

  private filesOf(
    slot: ContainerSlot,
    sandbox: Sandbox,
    env: ReadonlyMap<string, string>,
  ): { readonly files: VirtualFileSystem; readonly mounts: readonly OciMount[] } {
    const { clock } = this.node.options;
    const files = new VirtualFileSystem(() => clock.nowNs);
    const mounts: OciMount[] = [];
    const etc = this.etcOf(sandbox);
    for (const name of ['hosts', 'hostname', 'resolv.conf']) {
      files.mount({ path: `/etc/${name}`, volume: etc, readOnly: false, subPath: name });
      mounts.push(bindMount(`/etc/${name}`, name, false));
    }
    for (const mount of slot.spec.volumeMounts ?? []) {
      const volume = this.pod.volumes.get(mount.name);
      if (volume === undefined) continue;
      const readOnly = mount.readOnly === true;
      const { subPath } = mount;
      files.mount({
        path: mount.mountPath,
        volume,
        readOnly,
        ...(subPath === undefined || subPath === ''
          ? {}
          : { subPath: expand(subPath, (name) => env.get(name)) }),
      });
      mounts.push(bindMount(mount.mountPath, `volumes/${mount.name}/${subPath ?? ''}`, readOnly));
    }
    return { files, mounts };
  }

  /** /etc/hosts, /etc/hostname and /etc/resolv.conf: the same files for all containers of a sandbox. */
  private etcOf(sandbox: Sandbox): Volume {
    if (this.etc?.sandbox === sandbox) return this.etc.volume;
    const { options } = this.node;
    const { pod } = this.pod;
    const { clusterDns, clusterDomain, nodeDns = ['192.0.2.53'], nodeName } = options;
    const volume = new Volume();
    volume.put('hosts', hostsFile(pod, { ip: sandbox.ip, nodeName, clusterDomain }));
    volume.put('hostname', `${hostnameOf(pod, nodeName)}\n`);
    volume.put('resolv.conf', resolvConf(pod, { clusterDns, clusterDomain, nodeDns }));
    this.etc = { sandbox, volume };
    return volume;
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

/** Kubernetes' rules for command and args over the image's entrypoint and cmd. */
function commandOf(
  spec: ContainerSlot['spec'],
  image: ResolvedImage,
  env: ReadonlyMap<string, string>,
): readonly string[] {
  const { args = [], command = [] } = spec;
  const { cmd, entrypoint } = image.entry;
  const full =
    command.length > 0 ? [...command, ...args] : [...entrypoint, ...(args.length > 0 ? args : cmd)];
  return full.map((word) => expand(word, (name) => env.get(name)));
}

function userOf(
  pod: Pod,
  { spec }: ContainerSlot,
  image: ResolvedImage,
): Result<{ readonly uid: number; readonly gid: number }, string> {
  const own = securityOf(spec);
  const whole = securityOf(pod.spec);
  const asked = own.runAsUser ?? whole.runAsUser;
  const uid = asked ?? image.entry.uid;
  const gid = own.runAsGroup ?? whole.runAsGroup ?? 0;
  if ((own.runAsNonRoot ?? whole.runAsNonRoot) === true && uid === 0) {
    const what =
      asked === 0
        ? "container's runAsUser breaks non-root policy"
        : 'container has runAsNonRoot and image will run as root';
    return fail(`${what} (pod: "${formatPod(pod)}", container: ${spec.name})`);
  }
  return ok({ uid, gid });
}

function bindMount(destination: string, source: string, readOnly: boolean): OciMount {
  return {
    destination,
    type: 'bind',
    source: `/var/lib/kubelet/pods/${source}`,
    options: ['rbind', 'rprivate', readOnly ? 'ro' : 'rw'],
  };
}

/** The kubelet prints pull times cut to milliseconds. */
function goMilliseconds(ns: number): string {
  return formatDuration(Math.floor(ns / 1e6) * 1e6);
}
