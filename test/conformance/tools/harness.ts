/**
 * Runs command lines in the namespaces of the recorded lab and gives what they print: what the tests of all tools share.
 */
import { viewerOf } from '../../../server/cluster/kernel-viewer.js';
import {
  DEFAULT_CAPABILITIES,
  type ImageFacts,
  type ProgramSecurity,
  startProgram,
  VirtualFileSystem,
} from '../../../server/program/index.js';
import {
  decodeUtf8,
  encodeUtf8,
  Host,
  type Ip,
  type NamespaceKind,
  type Process,
  parseIp,
  Rng,
  SECOND,
  SimClock,
  type Socket,
  Softirq,
} from '../../../topology/index.js';
import { buildToolsLab } from './lab.js';

/** What one command line gave, its streams in the order of writing. */
export interface ToolOutput {
  readonly output: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | undefined;
}

/** How a command line is run; a root shell of a machine with every tool unless said otherwise. */
export interface RunOptions {
  readonly image?: Partial<ImageFacts>;
  /** Defaults to every capability: the recordings were made by root. */
  readonly security?: ProgramSecurity;
  readonly uid?: number;
  readonly unshare?: readonly NamespaceKind[];
  /** Simulated time that it may take, in seconds; what still runs then is killed. */
  readonly seconds?: number;
}

/** What a process of a privileged container may do. */
export const PRIVILEGED: ProgramSecurity = {
  capabilities: new Set([...DEFAULT_CAPABILITIES, 'CAP_NET_ADMIN', 'CAP_SYS_ADMIN']),
  writesSysctls: true,
};

/** What a process of a container that asks for nothing may do. */
export const UNPRIVILEGED: ProgramSecurity = {
  capabilities: new Set(DEFAULT_CAPABILITIES),
  writesSysctls: false,
};

const MACHINE: ImageFacts = {
  reference: 'machine',
  programKind: 'base',
  listens: [],
  entrypoint: [],
  cmd: ['sh'],
  assumed: false,
  userland: 'any',
};

const SIGKILL = 9;

/** The lab with its servers, and a shell in each of its namespaces. */
export class ToolsLab {
  readonly host: Host;
  private readonly rng = new Rng(11);

  constructor(host: Host = buildToolsLab()) {
    this.host = host;
  }

  /** The lab as the recordings found it: the servers of p1 and p2 listen. */
  static async recorded(): Promise<ToolsLab> {
    const lab = new ToolsLab();
    lab.listen('p1', { proto: 'tcp', address: '0.0.0.0', port: 8080 });
    lab.listen('p1', { proto: 'tcp', address: '127.0.0.1', port: 9090 });
    lab.listen('p1', { proto: 'udp', address: '0.0.0.0', port: 5353 });
    lab.serveHttp('p2', 8000, 'hello from p2\n');
    await lab.pass(1);
    return lab;
  }

  /** Fresh namespaces with `lo` down, and nothing else. */
  static empty(names: readonly string[]): ToolsLab {
    const clock = new SimClock();
    const softirq = new Softirq(clock);
    const host = new Host({ name: 'lab', clock, rng: new Rng(1), softirq });
    host.apply(names.map((name) => ({ op: 'netns.add', name })));
    return new ToolsLab(host);
  }

  /** Runs a shell's command line in a namespace to its end. */
  async run(netns: string, commandLine: string, options: RunOptions = {}): Promise<ToolOutput> {
    const argv = ['bash', '-c', commandLine];
    const process = this.spawn(netns, argv, options);
    const output = { output: '', stdout: '', stderr: '' };
    const started = startProgram({
      sys: process.sys,
      argv,
      env: new Map(),
      workingDir: '',
      image: { ...MACHINE, ...options.image },
      declaredPorts: [],
      files: this.files(netns),
      write: (stream, octets) => {
        const text = decodeUtf8(octets);
        output[stream] += text;
        output.output += text;
      },
      containerName: 'c',
      podName: netns,
      namespace: 'default',
      nodeName: 'n1',
      random: () => this.rng.unit(),
      spawn: (args) =>
        this.host.processes.clone({
          parent: process,
          comm: args[0] ?? '',
          argv: args,
          uid: process.uid,
        }),
      security: options.security ?? PRIVILEGED,
      viewer: viewerOf(this.host, process),
    });
    if (!started.ok) throw new Error(started.error.text);
    await this.passUntil(() => process.state === 'exited', options.seconds ?? 60);
    const status = process.state === 'exited' ? process.exitCode : undefined;
    if (process.state !== 'exited') this.host.processes.kill(process.pid, SIGKILL);
    return { ...output, status };
  }

  /** Opens a socket of a process named python3, as the recordings' servers were. */
  listen(
    netns: string,
    at: { readonly proto: 'tcp' | 'udp'; readonly address: string; readonly port: number },
    backlog = 16,
  ): Socket {
    const { sys } = this.spawn(netns, ['python3']);
    const made = sys.socket('inet', at.proto === 'tcp' ? 'stream' : 'dgram');
    if (!made.ok) throw new Error(made.error);
    const socket = made.value;
    const failure =
      socket.bind(addressOf(at.address), at.port) ??
      (at.proto === 'tcp' ? socket.listen(backlog) : undefined);
    if (failure !== undefined) throw new Error(failure);
    return socket;
  }

  /** A server that answers every request with a text, in the words of Python's BaseHTTP. */
  serveHttp(netns: string, port: number, body: string): void {
    const listener = this.listen(netns, { proto: 'tcp', address: '0.0.0.0', port });
    const head = `HTTP/1.1 200 OK\r\nServer: BaseHTTP/0.6 Python/3.11.7\r\nDate: Sun, 22 Nov 2026 10:09:19 GMT\r\nContent-Length: ${body.length}\r\n\r\n`;
    listener.onReady = () => {
      for (let made = listener.accept(); made.ok; made = listener.accept()) {
        const socket = made.value;
        let request = '';
        socket.onReady = () => {
          for (let got = socket.receive(); got.ok; got = socket.receive()) {
            if (got.value.octets.length === 0) {
              socket.close();
              return;
            }
            request += decodeUtf8(got.value.octets);
            if (!request.includes('\r\n\r\n')) continue;
            request = '';
            socket.send(encodeUtf8(head + body));
          }
        };
        socket.onReady();
      }
    };
  }

  /** Lets simulated time pass, in seconds. */
  async pass(seconds: number): Promise<void> {
    await this.passUntil(() => false, seconds);
  }

  private async passUntil(done: () => boolean, seconds: number): Promise<void> {
    const { clock } = this.host;
    const untilNs = clock.nowNs + seconds * SECOND;
    await settled();
    for (
      let next = clock.nextAtNs();
      !done() && next !== undefined && next <= untilNs;
      next = clock.nextAtNs()
    ) {
      clock.step();
      await settled();
    }
    if (!done()) clock.advanceTo(untilNs);
  }

  private spawn(netns: string, argv: readonly string[], options: RunOptions = {}): Process {
    const found = this.host.netns(netns);
    if (found === undefined) throw new Error(`no namespace ${netns}`);
    const { uid = 0, unshare = [] } = options;
    const request = { comm: argv[0] ?? '', argv, uid, unshare };
    const made = this.host.processes.cloneInNetns(request, found);
    if (!made.ok) throw new Error(made.error);
    return made.value;
  }

  private files(netns: string): VirtualFileSystem {
    const files = new VirtualFileSystem(() => this.host.clock.nowNs);
    files.makeDirectory('/etc');
    files.writeFile('/etc/hosts', `127.0.0.1 localhost\n10.244.1.2 pod1\n`);
    files.writeFile(
      '/etc/resolv.conf',
      'nameserver 10.244.2.2\nsearch default.svc.cluster.local\noptions ndots:5\n',
    );
    files.writeFile('/etc/hostname', `${netns}\n`);
    return files;
  }
}

function addressOf(text: string): Ip {
  const parsed = parseIp(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
