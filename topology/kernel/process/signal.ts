/** Signals by name, signal(7), x86 and ARM numbers. */
export const SIGNAL = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGWINCH: 28,
} as const;

/** Highest signal number (SIGRTMAX). */
export const SIGNAL_MAX = 64;

const IGNORED: ReadonlySet<number> = new Set([
  SIGNAL.SIGCHLD,
  SIGNAL.SIGCONT,
  SIGNAL.SIGURG,
  SIGNAL.SIGWINCH,
]);
const STOPPING: ReadonlySet<number> = new Set([
  SIGNAL.SIGSTOP,
  SIGNAL.SIGTSTP,
  SIGNAL.SIGTTIN,
  SIGNAL.SIGTTOU,
]);

/**
 * What a signal does to a process without a handler for it.
 *
 * Fidelity: a stopping signal is ignored; core dumps are plain ends.
 */
export function defaultAction(signal: number): 'ignore' | 'terminate' {
  return IGNORED.has(signal) || STOPPING.has(signal) ? 'ignore' : 'terminate';
}

/** Whether a process may install a handler (not SIGKILL, not SIGSTOP). */
export function isCatchable(signal: number): boolean {
  return signal !== SIGNAL.SIGKILL && signal !== SIGNAL.SIGSTOP;
}
