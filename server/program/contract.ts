import type { Sys } from '../../topology/index.js';
import type { ImageEntry } from '../registry/image.js';

/** Octets by slash-separated path relative to the tree's root, without a leading slash. An emptyDir is one tree shared by reference. */
export type FileTree = Map<string, Uint8Array>;

/** A tree, or one file or folder of it, seen at a path of the container. */
export interface Mount {
  /** Absolute path in the container, without a trailing slash. */
  readonly mountPath: string;
  readonly tree: FileTree;
  /** Where in the tree the mount begins: '' for all of it; when the tree has exactly this file, the mount is that file. */
  readonly subPath: string;
  readonly readOnly: boolean;
  /** Volume it comes from, or `etc-hosts` and the like. */
  readonly volume: string;
}

/** The files a container can see that are not part of its image. The longest mount path that matches wins. */
export interface VirtualFiles {
  /** The container's own writable layer. */
  readonly root: FileTree;
  readonly mounts: readonly Mount[];
}

/** A port that the container declares. */
export interface DeclaredPort {
  readonly name?: string;
  readonly port: number;
  readonly proto: 'tcp' | 'udp' | 'sctp';
}

/** What a program is started with. It runs in the process that `sys` belongs to and ends by `sys.exit`. */
export interface ProgramRequest {
  readonly sys: Sys;
  /** Resolved: entrypoint and arguments after the image's defaults were applied. Never empty. */
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly workingDir: string;
  readonly image: ImageEntry;
  readonly files: VirtualFiles;
  readonly containerName: string;
  readonly podName: string;
  readonly podNamespace: string;
  /** Declared ports; a program podnet does not know listens on them. */
  readonly containerPorts: readonly DeclaredPort[];
  /** Numbers from 0 (inclusive) to 1 (exclusive), seeded. */
  readonly random: () => number;
  /** Input of an interactive exec; absent is /dev/null. */
  readonly stdin?: ProgramInput;
  readonly write: (stream: 'stdout' | 'stderr', octets: Uint8Array) => void;
  /** Told of each bind() or listen() that failed, with the address it wanted. */
  readonly onBindFailure?: (failure: BindFailure) => void;
}

/** A port that a program wanted and did not get. */
export interface BindFailure {
  readonly proto: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** EADDRINUSE, EACCES, EADDRNOTAVAIL. */
  readonly errno: string;
}

/** Where an interactive program reads from. */
export interface ProgramInput {
  /** Calls back with octets as they come, and with undefined at the end of input. */
  onData(run: (octets: Uint8Array | undefined) => void): void;
}

/** A running program. */
export interface ProgramHandle {
  /** Runs another command in the same container, in a process of its own; ends by that process's exit. */
  exec(request: ExecRequest): void;
}

/** `kubectl exec`, exec probes and lifecycle hooks. */
export interface ExecRequest {
  readonly sys: Sys;
  readonly argv: readonly string[];
  readonly stdin?: ProgramInput;
  readonly write: (stream: 'stdout' | 'stderr', octets: Uint8Array) => void;
}

/** Starts a program; never fails, a program that cannot run says so and exits. */
export type StartProgram = (request: ProgramRequest) => ProgramHandle;
