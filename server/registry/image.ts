/**
 * What podnet knows of an image: the part of its OCI configuration that decides what a container of it runs, and what
 * that program does on the network.
 *
 * Fidelity: there are no files; `userland` and `executables` stand for the file system.
 */
export interface ImageEntry {
  /** Canonical name without tag: `docker.io/library/nginx`. */
  readonly repository: string;
  /** The program its entrypoint starts. */
  readonly program: ProgramKind;
  /** `ENTRYPOINT` of the image. */
  readonly entrypoint: readonly string[];
  /** `CMD` of the image. */
  readonly cmd: readonly string[];
  /** `ENV` of the image; the pod's variables win. */
  readonly env: Readonly<Record<string, string>>;
  /** `EXPOSE`: information only, such as `80/tcp`. */
  readonly exposedPorts: readonly string[];
  /** Where the default program listens. */
  readonly listens: readonly ImageListen[];
  /** Uid the image runs as; 0 is root. */
  readonly uid: number;
  /** `WORKDIR`. */
  readonly workingDir: string;
  /** `STOPSIGNAL`: 15 for most, 3 for nginx, 28 for httpd. */
  readonly stopSignal: number;
  /** Which base system its file system holds, and so which commands exist. */
  readonly userland: Userland;
  /** Executables beside those of the userland, by name or absolute path. */
  readonly executables: readonly string[];
  /** Size of the image in octets as the kubelet reports it. */
  readonly sizeBytes: number;
  /** Tags that exist; absent when any plausible version does. */
  readonly tags?: readonly string[];
  /** Newest major version that exists, for images of the official library. */
  readonly maxMajor?: number;
  /** True when podnet knows nothing of the image and assumes that it exists and listens on its declared ports. */
  readonly assumed?: boolean;
  /** Facts for the program: the text it answers with, the version it names, the service it plays. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A socket that the default program opens. */
export interface ImageListen {
  readonly proto: 'tcp' | 'udp';
  readonly port: number;
  /** Environment variable that overrides the port, such as `PORT`. */
  readonly portEnv?: string;
  /** Address it binds; absent means the wildcard. */
  readonly address?: string;
  /** What is spoken there. */
  readonly protocol?: 'http' | 'https' | 'dns' | 'grpc' | 'redis' | 'echo' | 'banner' | 'silent';
}

/**
 * Program that an image starts, in the words of `server/program` (`PROGRAM_KINDS`): particular servers by name, `base` and
 * `tools` where the default command is a shell, `generic` for whatever serves its `listens`, `run-once` for what does
 * its work and exits 0.
 */
export type ProgramKind = string;

/** Base systems; `userland.ts` lists the commands of each. */
export type Userland = 'scratch' | 'distroless' | 'busybox' | 'alpine' | 'debian' | 'any';
