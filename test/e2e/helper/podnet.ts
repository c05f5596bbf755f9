import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const main = `${root}dist/server/cli/main.js`;

/** Whether the command was built; `npm ci` and `npm run build` do. */
export const isBuilt = existsSync(main);

/** How a command ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const children = new Set<ChildProcess>();

/** Kills what a test left running. */
export function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Runs `podnet ARGS` to its end. */
export async function podnet(args: readonly string[], input = ''): Promise<Outcome> {
  const child = start(args);
  const text = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    text.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    text.stderr += chunk.toString();
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
}

/** A server that runs in a process of its own. */
export interface Server {
  readonly url: string;
  readonly pid: number;
  /** What it printed as JSON once it was ready. */
  readonly ready: { readonly url: string; readonly applied: number; readonly refused: number };
  stderr(): string;
  /** Sends a signal and waits for the end of the process. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts `podnet up` on a free port; rejects with its stderr when it ends instead. */
export async function up(args: readonly string[]): Promise<Server> {
  const child = start(['up', '--port', '0', '--json', '--no-open', ...args]);
  let stdout = '';
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ready = await new Promise<Server['ready']>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`podnet up ended with ${code}: ${stderr}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('\n')) resolve(JSON.parse(stdout) as Server['ready']);
    });
  });
  return {
    url: ready.url,
    pid: child.pid ?? 0,
    ready,
    stderr: () => stderr,
    end: async (signal) => {
      const ended = once(child, 'exit');
      child.kill(signal);
      return ((await ended) as [number | null])[0];
    },
  };
}
