import type { Socket, Sys } from '../../../topology/index.js';

/** Settles after simulated time; never, when the process ends first. */
export function sleep(sys: Sys, delayNs: number): Promise<void> {
  return new Promise((resolve) => {
    sys.schedule(delayNs, resolve);
  });
}

/** Settles when a socket says that asking again may help, or after a time. */
export function whenReady(
  sys: Sys,
  socket: Socket,
  timeoutNs: number | undefined,
): Promise<'ready' | 'timeout'> {
  return new Promise((resolve) => {
    const timer =
      timeoutNs === undefined
        ? undefined
        : sys.schedule(Math.max(0, timeoutNs), () => {
            socket.onReady = undefined;
            resolve('timeout');
          });
    socket.onReady = () => {
      socket.onReady = undefined;
      timer?.cancel();
      resolve('ready');
    };
  });
}

/**
 * Simulated processor time of a program that computes in a loop.
 *
 * Without it an endless loop would never let the clock move on: each unit of work is charged, and the debt is slept off
 * in slices.
 */
export class WorkMeter {
  private debtNs = 0;
  private readonly sys: Sys;

  constructor(sys: Sys) {
    this.sys = sys;
  }

  /** Charges work; the promise is there only when a slice is full. */
  charge(workNs: number): Promise<void> | undefined {
    this.debtNs += workNs;
    if (this.debtNs < SLICE_NS) return undefined;
    const owed = this.debtNs;
    this.debtNs = 0;
    return sleep(this.sys, owed);
  }
}

const SLICE_NS = 10_000_000;
