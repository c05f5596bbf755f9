import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../server/cli/main.js', import.meta.url));

/** A server in a process of its own. */
export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Starts `podnet up` with a data folder of its own, so that writes are durable. Rejects when it ends at once. */
export async function startPodnet(args: readonly string[] = []): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-bench-'));
  const child = spawn(
    process.execPath,
    [CLI, 'up', '--data-dir', folder, '--port', '0', '--no-open', '--json', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`podnet up ended with ${code}`)));
    child.stdout.once('data', (line: Buffer) => {
      resolve((JSON.parse(line.toString()) as { readonly url: string }).url);
    });
  });
  return {
    url,
    pid: child.pid ?? 0,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
