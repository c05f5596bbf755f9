import { fail, ok, type Result } from '../../topology/index.js';
import type { Pod } from '../contract/kube.js';
import { VirtualFileSystem, Volume } from '../program/fs/virtual-file-system.js';
import type { ResolvedImage } from '../registry/index.js';
import type { ContainerSlot } from './container-slot.js';
import { resolveEnvironment } from './environment.js';
import { hostnameOf, hostsFile, resolvConf } from './etc-files.js';
import { expand } from './expansion.js';
import type { DownwardFacts } from './field-ref.js';
import { formatPod, namespaceOf, uidOf } from './names.js';
import type { NodeContext } from './node-context.js';
import { type OciMount, ociConfig, securityOf } from './oci-bundle.js';
import { containerIdOf, type RuntimeContainer } from './runtime.js';
import type { Sandbox } from './sandbox.js';
import { missingVolume } from './volumes.js';

/** What the configurator reads of its pod, and whom it tells that a run has ended. */
export interface ConfiguredPod {
  readonly pod: Pod;
  readonly volumes: ReadonlyMap<string, Volume>;
  readonly facts: DownwardFacts;
  readonly allSlots: readonly ContainerSlot[];
  exited(slot: ContainerSlot, run: RuntimeContainer): void;
}

/** Turns the spec of a container into what the runtime is asked to create. */
export class ContainerConfigurator {
  private readonly node: NodeContext;
  private readonly pod: ConfiguredPod;
  private etc: { readonly sandbox: Sandbox; readonly volume: Volume } | undefined;

  constructor(node: NodeContext, pod: ConfiguredPod) {
    this.node = node;
    this.pod = pod;
  }

  /** Command, environment, user, files and mounts. Fails in the words of CreateContainerConfigError. */
  configure(
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
    const target = this.targetOf(slot);
    if (target === 'missing') {
      return fail(
        `target container "${slot.spec.targetContainerName}" of "${spec.name}" is not running`,
      );
    }
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
      target,
      bundle,
      onExit: (run) => this.pod.exited(slot, run),
    });
  }

  /** The running container that an ephemeral one looks into. */
  private targetOf({ spec }: ContainerSlot): RuntimeContainer | 'missing' | undefined {
    const { targetContainerName = '' } = spec;
    if (targetContainerName === '') return undefined;
    const run = this.pod.allSlots.find((slot) => slot.spec.name === targetContainerName)?.run;
    return run?.state === 'running' ? run : 'missing';
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
}

/** User of an assumed image whose pod forbids root. */
const ASSUMED_USER = 1000;

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
  const nonRoot = own.runAsNonRoot ?? whole.runAsNonRoot;
  // An image that podnet only assumes to exist is assumed to fit its manifest.
  const imageUser =
    nonRoot === true && image.entry.assumed === true ? ASSUMED_USER : image.entry.uid;
  const uid = asked ?? imageUser;
  const gid = own.runAsGroup ?? whole.runAsGroup ?? 0;
  if (nonRoot === true && uid === 0) {
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
