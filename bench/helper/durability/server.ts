import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The built command; benches and tests both run in the repository's folder. */
const CLI = join(process.cwd(), 'dist/server/cli/main.js');

/** A server in a process of its own. */
export interface Server {
  readonly url: string;
  /** From the start of the process to the line that says it is ready, in milliseconds. */
  readonly startMs: number;
  /** Ends it without a chance to finish anything. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `podnet up` over a data folder. */
export async function startServer(folder: string): Promise<Server> {
  const beganMs = performance.now();
  const child = spawn(
    process.execPath,
    [CLI, 'up', '--data-dir', folder, '--port', '0', '--no-open', '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const line = await Promise.race([
    once(child.stdout, 'data').then(([octets]) => String(octets)),
    ended.then(([code]) => {
      throw new Error(`podnet up ended with ${code}`);
    }),
  ]);
  const { url } = JSON.parse(line) as { readonly url: string };
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return {
    url,
    startMs: performance.now() - beganMs,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
