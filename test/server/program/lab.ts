import {
  type ExecRequest,
  type ImageFacts,
  type ProgramHandle,
  type ProgramRequest,
  startProgram,
  VirtualFileSystem,
} from '../../../server/program/index.js';
import {
  decodeUtf8,
  Host,
  type Process,
  Rng,
  SECOND,
  SimClock,
  Softirq,
} from '../../../topology/index.js';

/** What a test says of one container; the rest has usual values. */
export interface ContainerSpec {
  readonly argv?: readonly string[];
  readonly image?: Partial<ImageFacts>;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: VirtualFileSystem;
  readonly more?: Partial<ProgramRequest>;
}

/** A running container with what it printed. */
export interface LabContainer {
  readonly process: Process;
  readonly handle: ProgramHandle | undefined;
  readonly refusal: string | undefined;
  readonly output: { stdout: string; stderr: string };
}

/** Containers that share the loopback of one emulated host: enough for programs to talk. */
export class Lab {
  readonly clock = new SimClock();
  readonly host = new Host({
    name: 'node-1',
    clock: this.clock,
    rng: new Rng(7),
    softirq: new Softirq(this.clock),
    ipv6Disabled: true,
  });
  private readonly rng = new Rng(11);

  constructor() {
    const key = 'net.ipv4.ping_group_range';
    this.host.apply([{ op: 'sysctl.set', key, value: '0 2147483647' }]);
  }

  start(spec: ContainerSpec): LabContainer {
    const image: ImageFacts = {
      reference: 'busybox:1.36',
      programKind: 'busybox',
      listens: [],
      entrypoint: [],
      cmd: ['sh'],
      assumed: false,
      userland: 'busybox',
      ...spec.image,
    };
    const argv = spec.argv ?? [...image.entrypoint, ...image.cmd];
    const process = this.clone(argv);
    const output = { stdout: '', stderr: '' };
    const files = spec.files ?? new VirtualFileSystem(() => this.clock.nowNs);
    files.makeDirectory('/etc');
    if (!files.exists('/etc/hosts'))
      files.writeFile('/etc/hosts', '127.0.0.1 localhost web db redis\n');
    if (!files.exists('/etc/resolv.conf')) {
      files.writeFile(
        '/etc/resolv.conf',
        'nameserver 127.0.0.1\nsearch default.svc.cluster.local svc.cluster.local\noptions ndots:5\n',
      );
    }
    const started = startProgram({
      sys: process.sys,
      argv,
      env: new Map(Object.entries(spec.env ?? {})),
      workingDir: '',
      image,
      declaredPorts: [],
      files,
      write: (stream, octets) => {
        output[stream] += decodeUtf8(octets);
      },
      containerName: 'c',
      podName: 'p',
      namespace: 'default',
      nodeName: 'node-1',
      random: () => this.rng.unit(),
      spawn: (args) => ({ ok: true, value: this.clone(args, process) }),
      ...spec.more,
    });
    return {
      process,
      handle: started.ok ? started.value : undefined,
      refusal: started.ok ? undefined : started.error.text,
      output,
    };
  }

  /** Runs a shell script to its end and gives what it printed and its status. */
  async script(
    text: string,
    spec: ContainerSpec = {},
    seconds = 60,
  ): Promise<{ out: string; err: string; code: number | undefined }> {
    const container = this.start({ ...spec, argv: ['sh', '-c', text] });
    await this.run(seconds);
    return {
      out: container.output.stdout,
      err: container.output.stderr,
      code: container.process.exitCode,
    };
  }

  exec(
    container: LabContainer,
    request: Partial<ExecRequest> & { readonly argv: readonly string[] },
  ) {
    const process = this.clone(request.argv, container.process);
    const output = { stdout: '', stderr: '' };
    const session = container.handle?.exec({
      sys: process.sys,
      write: (stream, octets) => {
        output[stream] += decodeUtf8(octets);
      },
      spawn: (args) => ({ ok: true, value: this.clone(args, process) }),
      ...request,
    });
    return {
      process,
      output,
      session: session?.ok === true ? session.value : undefined,
      refusal: session?.ok === false ? session.error.text : undefined,
    };
  }

  /** Lets simulated time pass; promises are settled at each instant before it moves on. */
  async run(seconds: number): Promise<void> {
    const untilNs = this.clock.nowNs + seconds * SECOND;
    await settled();
    for (
      let next = this.clock.nextAtNs();
      next !== undefined && next <= untilNs;
      next = this.clock.nextAtNs()
    ) {
      this.clock.step();
      await settled();
    }
    this.clock.advanceTo(untilNs);
  }

  private clone(argv: readonly string[], parent?: Process): Process {
    const cloned = this.host.processes.clone({
      comm: (argv[0] ?? '').split('/').at(-1) ?? '',
      argv,
      hostname: 'web-0',
      ...(parent === undefined
        ? { unshare: ['pid', 'uts'] as const }
        : { parent, join: { of: parent, kinds: ['pid', 'uts'] as const } }),
    });
    if (!cloned.ok) throw new Error(cloned.error);
    return cloned.value;
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
