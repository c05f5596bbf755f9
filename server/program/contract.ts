/**
 * What a kubelet and the programs in its containers ask of each other.
 *
 * A program is started synchronously and lives on from callbacks of its `Sys`; it ends by `sys.exit(code)`, which the
 * kubelet sees as the end of the process. All waiting is on simulated time and emulated sockets.
 */
import type {
  Ip,
  KernelOp,
  Mac,
  NetNamespace,
  OpError,
  PacketTrace,
  PortHolder,
  Process,
  Result,
  Sys,
} from '../../topology/index.js';
import type { Userland } from '../registry/index.js';
import type { VirtualFileSystem } from './fs/virtual-file-system.js';

/** What an image says about itself. `server/registry` has the data; the type is structural. */
export interface ImageFacts {
  /** As written in the manifest: `nginx:1.27`. */
  readonly reference: string;
  /** One of `PROGRAM_KINDS`; an unknown word is treated as `generic`. */
  readonly programKind: string;
  /** Ports the image's program listens on when nothing changes them. */
  readonly listens: readonly ImageListenFact[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** True when podnet does not know the image: any program in it is assumed to exist. */
  readonly assumed: boolean;
  /** Which base system its files are; `any` (every command exists) when absent and the image is assumed, else `debian`. */
  readonly userland?: Userland;
  /** Executables beside those of the userland, by name or absolute path. */
  readonly executables?: readonly string[];
  /** Facts for the program: text it answers with, version it names, service it plays. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** One port of an image's default program. */
export interface ImageListenFact {
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  /** Environment variable that overrides the port. */
  readonly portEnv?: string;
  /** Address it binds; absent means the wildcard. */
  readonly address?: string;
  /** What is spoken there: `http`, `https`, `dns`, `grpc`, `redis`, `echo`, `banner` or `silent`. */
  readonly protocol?: string;
}

/**
 * Programs that podnet can run, for `ImageFacts.programKind`.
 *
 * Names with a `-` are particular images; `base` and `tools` are images whose default command is a shell; `generic` serves
 * the listened or declared ports, HTTP on TCP and echo on UDP.
 */
export const PROGRAM_KINDS = [
  'pause',
  'nginx',
  'httpd',
  'caddy',
  'traefik',
  'haproxy',
  'envoy',
  'whoami',
  'hello-app',
  'http-echo',
  'agnhost',
  'serve-hostname',
  'echoserver',
  'echo-server',
  'podinfo',
  'httpbin',
  'gb-frontend',
  'gb-redis-follower',
  'bookinfo',
  'vote',
  'result',
  'worker',
  'redis',
  'memcached',
  'postgres',
  'mysql',
  'mongo',
  'rabbitmq',
  'etcd',
  'kafka',
  'elasticsearch',
  'coredns',
  'outside-dns',
  'tcp-echo',
  'udp-echo',
  'hello-world',
  'run-once',
  'python',
  'node',
  'golang',
  'java',
  'perl',
  'php',
  'busybox',
  'alpine',
  'ubuntu',
  'debian',
  'curl',
  'netshoot',
  'dnsutils',
  'base',
  'tools',
  'generic',
] as const;

/** A key of `PROGRAM_KINDS`. */
export type ProgramKind = (typeof PROGRAM_KINDS)[number];

/** Where a program writes. */
export type OutputStream = 'stdout' | 'stderr';

/** Receives what a program prints, in order; called synchronously. A promise when the reader has to catch up first. */
export type WriteOutput = (stream: OutputStream, octets: Uint8Array) => Promise<void> | undefined;

/** Size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The other end of a process's standard input, and of its terminal when it has one. */
export interface Console {
  /** A promise when the process has to read first. What nobody reads is lost. */
  writeInput(octets: Uint8Array): Promise<void> | undefined;
  /** End of input; of a terminal, that whoever typed is gone. */
  closeInput(): void;
  /** Nothing happens without a terminal. */
  resize(size: TerminalSize): void;
}

/** A port of a container's manifest: information for people, used only to guess what an unknown program serves. */
export interface DeclaredPort {
  readonly name?: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** A bind(2) or listen(2) that was refused, for the pod's port map. */
export interface BindFailure {
  readonly proto: 'tcp' | 'udp';
  readonly address: Ip;
  readonly port: number;
  readonly errno: string;
}

/** A network device as `ip addr` shows it. */
export interface DeviceView {
  readonly ifindex: number;
  readonly ifname: string;
  /** ifindex of the other end (`eth0@if7`). */
  readonly peerIfindex?: number;
  readonly flags: readonly string[];
  readonly mtuBytes: number;
  readonly operState: 'UP' | 'DOWN' | 'UNKNOWN' | 'LOWERLAYERDOWN';
  readonly kind: string;
  readonly master?: string;
  readonly mac: Mac;
  readonly addresses: readonly {
    readonly address: Ip;
    readonly prefixLength: number;
    readonly broadcast?: Ip;
    readonly scope: 'global' | 'link' | 'host';
  }[];
}

/** A neighbour as `ip neigh` shows it. */
export interface NeighborView {
  readonly address: Ip;
  readonly ifname: string;
  readonly mac?: Mac;
  readonly state: string;
}

/** A System V queue as `ipcs -q` shows it. */
export interface SysvQueueView {
  readonly key: number;
  readonly id: number;
  readonly owner: string;
  readonly mode: number;
  readonly usedBytes: number;
  readonly messages: number;
}

/** What tools such as `ip`, `ss` and `ps` read of the container's namespaces. Each member is asked when a tool runs. */
export interface KernelViewer {
  devices(): readonly DeviceView[];
  neighbors(): readonly NeighborView[];
  ports(): readonly PortHolder[];
  /** Processes of the container's PID namespace. */
  processes(): readonly Process[];
  sysvQueues(): readonly SysvQueueView[];
  /** A sysctl by its dotted name; undefined when there is no such key. */
  sysctl(key: string): string | undefined;
  /** Every dotted name that `sysctl` answers, as `sysctl -a` lists them. */
  sysctlKeys(): readonly string[];
  /**
   * The network namespace of the container, for reading alone; with a name, the one that `ip netns` shows under it.
   * Undefined when it is gone, or when there is no such name where the container looks.
   */
  netns(name?: string): NetNamespace | undefined;
  /** What `ip netns list` finds in /run/netns, in its order: nothing in a container with a mount namespace of its own. */
  netnsNames(): readonly string[];
  /** Asks the kernel for changes, all or none. Each op names its namespace; capabilities are the caller's to check. */
  apply(ops: readonly KernelOp[]): Result<void, OpError>;
}

/** What the processes of a container may do beyond an ordinary user. */
export interface ProgramSecurity {
  /** Capabilities of its root processes, as capabilities(7) writes them: `CAP_NET_ADMIN`. */
  readonly capabilities: ReadonlySet<string>;
  /** Whether /proc/sys is writable there: in privileged containers and on the node itself. */
  readonly writesSysctls: boolean;
}

/** What CoreDNS serves for `cluster.local`: the composition root answers from Services and EndpointSlices. */
export interface ZoneSource {
  /** Such as `cluster.local`, without the final dot. */
  readonly domain: string;
  hasNamespace(namespace: string): boolean;
  lookupService(namespace: string, name: string): ServiceRecord | undefined;
  /** `namespace` and name of the Service with this cluster IP, for PTR. */
  findServiceByIp(address: Ip): { readonly namespace: string; readonly name: string } | undefined;
  /** The endpoint with this address that has a DNS name of its own, for PTR. */
  findEndpointByIp(
    address: Ip,
  ):
    | { readonly namespace: string; readonly service: string; readonly hostname: string }
    | undefined;
}

/** One Service as DNS sees it. */
export interface ServiceRecord {
  /** Empty for a headless or ExternalName Service. */
  readonly clusterIps: readonly Ip[];
  readonly externalName?: string;
  readonly ports: readonly ServicePortRecord[];
  /** Ready endpoints (all, when publishNotReadyAddresses). */
  readonly endpoints: readonly EndpointRecord[];
}

/** A named port, for SRV. */
export interface ServicePortRecord {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
}

/** One endpoint address; `hostname` is set for pods of a StatefulSet. */
export interface EndpointRecord {
  readonly address: Ip;
  readonly hostname?: string;
  readonly ports: readonly ServicePortRecord[];
}

/** Names outside the cluster and the addresses they have there. */
export interface OutsideNames {
  lookup(name: string): readonly Ip[] | undefined;
}

/** Everything a program is started with. */
export interface ProgramRequest {
  readonly sys: Sys;
  /** Entrypoint and arguments after Kubernetes' rules: what `process.args` of the OCI bundle holds. */
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  /** Empty means the image's own, `/`. */
  readonly workingDir: string;
  readonly image: ImageFacts;
  readonly declaredPorts: readonly DeclaredPort[];
  readonly files: VirtualFileSystem;
  readonly write: WriteOutput;
  /** It has a terminal, whose screen is `write`; default false. */
  readonly terminal?: boolean;
  /** True keeps standard input open for `console`; default closed. */
  readonly stdin?: boolean;
  readonly containerName: string;
  readonly podName: string;
  readonly namespace: string;
  readonly nodeName: string;
  /** From 0 (inclusive) to 1 (exclusive). */
  random(): number;
  /** Wall time, in milliseconds since 1970, that simulated time 0 stands for; 2026-01-01 when absent. */
  readonly epochMs?: number;
  /** fork(2) and execve(2) for the commands of a shell; without it they run inside the shell's own process. */
  spawn?(argv: readonly string[]): Result<Process, string>;
  readonly viewer?: KernelViewer;
  /** What containerd gives a container that asks for nothing, when absent. */
  readonly security?: ProgramSecurity;
  /** For `coredns`. */
  readonly zone?: ZoneSource;
  /** For `coredns`: the resolver for names outside `zone.domain`; without it `/etc/resolv.conf` is used. */
  readonly upstream?: { readonly address: Ip; readonly port: number };
  /** For `outside-dns`; well-known names when absent. */
  readonly outsideNames?: OutsideNames;
  onBindFailure?(failure: BindFailure): void;
  /** Called with a sentence when podnet had to assume what a program does. */
  onAssumption?(sentence: string): void;
  /** Told when podnet itself got a program wrong; the program ends as if it had crashed, and all else goes on. */
  onError?(error: unknown): void;
  /** Every socket made from now on records its packets here, until it returns undefined. */
  readonly trace?: () => PacketTrace | undefined;
}

/** Another process in a running container: `kubectl exec`, exec probes and lifecycle hooks. */
export interface ExecRequest {
  /** Process made for it by the kubelet, in the container's namespaces. */
  readonly sys: Sys;
  readonly argv: readonly string[];
  readonly env?: ReadonlyMap<string, string>;
  /** With a terminal, line discipline and prompt as `-it` gives; default false. */
  readonly terminal?: boolean;
  /** True keeps standard input open for `writeInput`; default closed. With a terminal it is always open. */
  readonly stdin?: boolean;
  readonly write: WriteOutput;
  spawn?(argv: readonly string[]): Result<Process, string>;
}

/** A process under way. It ends through its `Sys`: exit code and signal are those of the process. */
export interface ExecSession extends Console {
  /** Settles when the program ends by itself; a killed process is seen in the process table. */
  readonly exitCode: Promise<number>;
}

/** A start that the runtime refuses, in runc's words. */
export interface StartError {
  readonly kind: 'not-found' | 'not-executable' | 'no-working-dir';
  /** Id that the runtime had given an exec. */
  readonly id?: string;
  /** `exec: "foo": executable file not found in $PATH`. */
  readonly text: string;
}

/** A started program. */
export interface ProgramHandle {
  /** Of the program itself. */
  readonly console: Console;
  exec(request: ExecRequest): Result<ExecSession, StartError>;
}
