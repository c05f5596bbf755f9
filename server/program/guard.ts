import type { Guest } from './guest.js';
import { BrokenPipe } from './shell/streams.js';

/** Exit status of a process that died of SIGSEGV. */
const CRASHED = 139;
const KILLED_BY_SIGPIPE = 141;

/**
 * The edge of a program: an error of podnet's own inside it ends that program, as a crash would, with a line on its
 * stderr, and is reported to whoever started the container. Resolves to the exit status.
 */
export async function guarded(guest: Guest, run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    crash(guest, error);
    return CRASHED;
  }
}

/** The same for a part of a program that nobody waits for; a reader that is gone ends it by SIGPIPE. */
export function background(guest: Guest, part: Promise<unknown>): void {
  part.catch((error: unknown) => {
    if (error instanceof BrokenPipe) {
      guest.sys.exit(KILLED_BY_SIGPIPE);
      return;
    }
    crash(guest, error);
    guest.sys.exit(CRASHED);
  });
}

/** The same for a program that lives from callbacks; it has started when this returns. */
export function guardedStart(guest: Guest, start: () => void): void {
  try {
    start();
  } catch (error) {
    crash(guest, error);
    guest.sys.exit(CRASHED);
  }
}

function crash(guest: Guest, error: unknown): void {
  const words = error instanceof Error ? error.message : String(error);
  guest.print(`Segmentation fault (podnet: ${words})\n`, 'stderr');
  guest.request.onError?.(error);
}
