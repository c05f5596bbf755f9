import type { Duplex } from 'node:stream';
import { fail, type Ip, ok, type Result, type Sys } from '../../topology/index.js';
import { dial, goErrno } from './dial.js';
import { socketStream } from './socket-stream.js';

/** Where a connection is made from and to. */
export interface StreamTarget {
  readonly sys: Sys;
  readonly address: Ip;
  readonly port: number;
  /** An abort gives the attempt up. */
  readonly signal: AbortSignal;
  /** Limit of the attempt in simulated time; the kernel's own without it. */
  readonly timeoutNs?: number;
  /** Called when the connection is over. */
  readonly closed?: () => void;
}

/**
 * Connects over emulated TCP and gives the connection as a stream. Waits on the simulated clock.
 *
 * Failures: in the words that Go puts after `dial tcp 10.0.0.1:80: `.
 */
export function connectStream(target: StreamTarget): Promise<Result<Duplex, string>> {
  const { address, port, signal, sys, timeoutNs } = target;
  return new Promise((resolve) => {
    let giveUp: () => void = () => undefined;
    const end = (words: string): void => {
      giveUp();
      settle(fail(words));
    };
    const abort = (): void => end('operation was canceled');
    const timer =
      timeoutNs === undefined ? undefined : sys.schedule(timeoutNs, () => end('i/o timeout'));
    const settle = (result: Result<Duplex, string>): void => {
      timer?.cancel();
      signal.removeEventListener('abort', abort);
      resolve(result);
    };
    signal.addEventListener('abort', abort);
    if (signal.aborted) {
      abort();
      return;
    }
    giveUp = dial(sys, address, port, {
      connected: (socket) => {
        socket.setOption('TCP_NODELAY', 1);
        settle(ok(socketStream(socket, target.closed)));
      },
      failed: (errno) => settle(fail(`connect: ${goErrno(errno)}`)),
    });
  });
}
