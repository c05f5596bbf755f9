import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The built server, running as its user would start it. */
export interface PodnetProcess {
  readonly url: string;
  stop(): Promise<void>;
  /** Ends it without a chance to say good-bye. */
  kill(): Promise<void>;
}

const MAIN = 'dist/server/cli/main.js';
const START_MS = 20_000;

/** Starts the server on a port, 0 for any that is free, and waits until it says where the page is. */
export async function startPodnet(port = 0): Promise<PodnetProcess> {
  const child = spawn(
    process.execPath,
    [MAIN, 'up', '--ephemeral', '--port', String(port), '--no-open', '--json'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const url = await urlOf(child);
  return { url, stop: () => end(child, 'SIGTERM'), kill: () => end(child, 'SIGKILL') };
}

async function urlOf(child: ChildProcess): Promise<string> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('the server has no output');
  let errors = '';
  stderr.on('data', (part) => {
    errors += String(part);
  });
  const timer = setTimeout(() => child.kill(), START_MS);
  try {
    for await (const line of createInterface({ input: stdout })) {
      const url = urlIn(line);
      if (url !== undefined) return url;
    }
  } finally {
    clearTimeout(timer);
    stdout.resume();
  }
  throw new Error(`the server did not start: ${errors}`);
}

function urlIn(line: string): string | undefined {
  try {
    const { url } = JSON.parse(line) as { url?: unknown };
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
