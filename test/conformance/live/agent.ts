import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { RecordedProbe, RecordedTopology } from '../recorded.js';

/** What the agent is asked to build and to try; `commands` name their namespaces themselves. */
export interface LiveLab {
  readonly netns: readonly string[];
  readonly ipv6: boolean;
  /** False switches segmentation offloads off on every device. */
  readonly offload?: boolean;
  readonly commands: readonly string[];
  /** Those that wait until every link is settled. */
  readonly lateCommands: readonly string[];
  /** Bridges, to switch multicast snooping off. */
  readonly bridges: readonly (readonly [netns: string, name: string])[];
  /** Namespaces whose forwarding databases are read. */
  readonly fdbNetns: readonly string[];
  readonly listeners: RecordedTopology['listeners'];
  readonly steps: readonly LiveStep[];
  /** From the end of a probe to the next step, in milliseconds. */
  readonly pause_ms: number;
}

/** One step of a lab. */
export type LiveStep =
  | { readonly probe: RecordedProbe }
  | { readonly command: string }
  | { readonly sleep_ms: number };

/** A captured frame: time in ns, where, PACKET_* of the receiver (4 outgoing), octets. */
export type LiveFrame = readonly [
  atNs: number,
  netns: string,
  device: string,
  kind: number,
  hex: string,
];

/** What the kernel says of itself after a probe, as `ip -j`, `bridge -j` and nf_conntrack print it. */
export interface LiveState {
  readonly neigh: readonly {
    readonly dst: string;
    readonly dev: string;
    readonly lladdr?: string;
    readonly state: readonly string[];
  }[];
  readonly fdb: readonly {
    readonly mac: string;
    readonly ifname: string;
    readonly dst?: string;
    readonly flags: readonly string[];
    readonly master?: string;
    readonly state?: string;
  }[];
  readonly conntrack: readonly string[];
}

/** What a step gave. */
export interface LiveAnswer {
  readonly rc?: number;
  /** From its end, or for a change from its beginning, to the next step, in milliseconds. */
  readonly pause_ms?: number;
  readonly stderr?: string;
  readonly result?: Readonly<Record<string, unknown>>;
  /** ICMP errors that the prober's kernel set aside because the socket was in use (LockDroppedIcmps). */
  readonly lock_dropped?: number;
  readonly frames?: readonly LiveFrame[];
  readonly state?: Readonly<Record<string, LiveState>>;
}

type Reply =
  | { readonly steps: readonly LiveAnswer[] }
  | { readonly failed: { readonly command: string; readonly text: string } };

/** Longest that one lab may take before its agent is ended. */
const LAB_MS = 120_000;

/** The agent is not compiled: it stands beside the source of this file, which may itself be run from `dist`. */
const AGENT = ['./agent.py', '../../../../test/conformance/live/agent.py'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Why labs cannot be built on this machine; undefined where they can. */
export function unbuildable(): string | undefined {
  if (process.getuid?.() !== 0) return 'it takes root to make network namespaces';
  for (const [program, ...words] of NEEDED) {
    if (spawnSync(program ?? '', words).status !== 0) return `there is no ${program} here`;
  }
  const made = spawnSync('unshare', ['--net', '--mount', 'true']);
  return made.status === 0 ? undefined : 'this machine does not let network namespaces be made';
}

const NEEDED = [
  ['python3', '--version'],
  ['ip', '-V'],
  ['bridge', '-V'],
  ['iptables-restore', '--version'],
  ['sysctl', '--version'],
] as const;

/** A process that builds labs in the kernel of this machine, one after the other. */
export class LiveKernel {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: AsyncIterator<string>;

  /** `cpu` is the index of the processor that the agent keeps to. */
  constructor(cpu: number) {
    const agent = AGENT.find((path) => existsSync(path)) ?? AGENT[0] ?? '';
    this.child = spawn('python3', ['-B', agent, String(cpu)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** Builds a lab and runs its steps; throws when the kernel refuses a command or the agent dies. */
  async run(lab: LiveLab): Promise<readonly LiveAnswer[]> {
    this.child.stdin.write(`${JSON.stringify(lab)}\n`);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), LAB_MS);
    const line = await this.lines.next();
    clearTimeout(timer);
    if (line.done === true) throw new Error('the agent ended before it answered');
    const reply = JSON.parse(line.value) as Reply;
    if ('failed' in reply) {
      throw new Error(`the kernel refused: ${reply.failed.command}\n${reply.failed.text}`);
    }
    return reply.steps;
  }

  /** Ends the agent; what it built goes with it. */
  close(): void {
    this.child.stdin.end();
  }
}
