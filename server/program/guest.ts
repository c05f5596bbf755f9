import type { Errno } from '../../topology/index.js';
import {
  encodeUtf8,
  type Ip,
  type Result,
  type Socket,
  type Sys,
  strerror,
} from '../../topology/index.js';
import type { OutputStream, ProgramRequest } from './contract.js';
import type { Terminal } from './shell/terminal.js';

/** 2026-01-01T00:00:00Z. */
const DEFAULT_EPOCH_MS = 1_767_225_600_000;

/** A program's view of where it runs: its request, with the small things that every program does. */
export class Guest {
  readonly request: ProgramRequest;
  /** The process it runs as; differs from `request.sys` in a shell's children and in exec. */
  readonly sys: Sys;
  /** Its controlling terminal. */
  readonly terminal: Terminal | undefined;
  private pseudoPids = 0;

  constructor(
    request: ProgramRequest,
    { sys = request.sys, terminal }: { readonly sys?: Sys; readonly terminal?: Terminal } = {},
  ) {
    this.request = request;
    this.sys = sys;
    this.terminal = terminal;
  }

  /** The same container seen from another process of it. */
  inProcess(sys: Sys): Guest {
    const { terminal } = this;
    return new Guest(this.request, { sys, ...(terminal === undefined ? {} : { terminal }) });
  }

  /** The same process with another root directory, and what stands there. */
  withRoot(files: ProgramRequest['files'], image: ProgramRequest['image']): Guest {
    const { sys, terminal } = this;
    const request = { ...this.request, files, image, workingDir: '/' };
    return new Guest(request, { sys, ...(terminal === undefined ? {} : { terminal }) });
  }

  /** The same process, out of reach of the terminal's keys. */
  inBackground(): Guest {
    return new Guest(this.request, { sys: this.sys });
  }

  /** A pid for a child that has no process of its own. */
  nextPseudoPid(): number {
    this.pseudoPids++;
    return this.sys.pid + this.pseudoPids;
  }

  /** Milliseconds since 1970 on the cluster's wall clock. */
  get wallMs(): number {
    return (this.request.epochMs ?? DEFAULT_EPOCH_MS) + Math.floor(this.sys.nowNs / 1e6);
  }

  /** Prints text as it is; the caller ends lines. */
  print(text: string, stream: OutputStream = 'stdout'): void {
    void this.request.write(stream, encodeUtf8(text));
  }

  /** Prints last words on stderr and ends the process. */
  die(text: string, code: number): void {
    this.print(text, 'stderr');
    this.sys.exit(code);
  }

  env(name: string): string | undefined {
    return this.request.env.get(name);
  }

  /** A port from the environment, or the given one when it is not a number from 1 to 65535. */
  envPort(name: string, otherwise: number): number {
    const port = Number(this.env(name));
    return Number.isInteger(port) && port > 0 && port < 65536 ? port : otherwise;
  }

  /** A socket of the address's family whose packets are traced when the request asks so. */
  socket(type: 'stream' | 'dgram' | 'ping' | 'raw', address: Ip): Result<Socket, Errno> {
    const made = this.sys.socket(typeof address === 'number' ? 'inet' : 'inet6', type);
    const trace = this.request.trace?.();
    if (made.ok && trace !== undefined) made.value.trace = trace;
    return made;
  }

  /** Tells the kubelet of a refused bind. */
  noteBindFailure(proto: 'tcp' | 'udp', address: Ip, port: number, errno: Errno): void {
    this.request.onBindFailure?.({ proto, address, port, errno });
  }

  assume(sentence: string): void {
    this.request.onAssumption?.(sentence);
  }

  /** Ends with 0 when asked to stop; signals are numbers of signal(7). */
  exitOn(signals: readonly number[], code = 0, before?: () => void): void {
    for (const signal of signals) {
      this.sys.onSignal(signal, () => {
        before?.();
        this.sys.exit(code);
      });
    }
  }
}

/** Signals by number, as signal(7) has them on x86. */
export const SIGNALS = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  WINCH: 28,
} as const;

/** What Go's net package says of a failed listen. */
export function goListenError(proto: string, address: string, errno: Errno): string {
  return `listen ${proto} ${address}: bind: ${strerror(errno).toLowerCase()}`;
}
