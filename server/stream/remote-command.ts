/** Running a command in a container and attaching to one, whatever carries the streams. */

import type { Status } from '../contract/kube.js';

/** What `pods/exec` and `pods/attach` are asked: PodExecOptions and PodAttachOptions. */
export interface RemoteCommandOptions {
  readonly namespace: string;
  readonly pod: string;
  /** Undefined when the client leaves the choice to the server. */
  readonly container: string | undefined;
  /** Empty for attach. */
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** Size of a terminal, in characters. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** The client's end of a command that runs. */
export interface RemoteCommandTransport {
  /**
   * Sends what the command prints; with a terminal, stderr joins stdout. False when the client reads too slowly: the
   * octets were taken, and the next are to wait for `drain`.
   */
  write(stream: 'stdout' | 'stderr', octets: Uint8Array): boolean;
  /** Tells how it ended and closes. Nothing is sent after it; the events end. */
  finish(status: Status): void;
  /** Stops `input`, so that a client that sends too fast has to wait. */
  pauseInput(): void;
  resumeInput(): void;
}

/** What a client does. */
export interface RemoteCommandEvents {
  /** Octets for standard input; only when `stdin` was asked. */
  input(octets: Uint8Array): void;
  /** End of standard input. */
  inputEnd(): void;
  /** The terminal has a new size; only when `tty` was asked. */
  resize(size: TerminalSize): void;
  /** The client has read what was waiting. */
  drain(): void;
  /** The client left before `finish`. */
  gone(): void;
}

/** A request that is refused, before the connection is upgraded. */
export interface Refusal {
  readonly ok: false;
  readonly status: Status;
}

/**
 * Serves one exec or attach. A refusal is told before the connection is upgraded; what fails after, by `finish` with a
 * Status, as the kubelet does. `run` is called once.
 */
export type StartRemoteCommand = (
  options: RemoteCommandOptions,
) =>
  | Refusal
  | { readonly ok: true; readonly run: (transport: RemoteCommandTransport) => RemoteCommandEvents };

/** The Status that ends a command: Success, or Failure with its exit code as a cause. */
export function exitStatus(exitCode: number): Status {
  const base = { kind: 'Status', apiVersion: 'v1', metadata: {} } as const;
  if (exitCode === 0) return { ...base, status: 'Success' };
  return {
    ...base,
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}
