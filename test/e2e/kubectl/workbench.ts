import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Server, up } from '../helper/podnet.js';
import { type RecordedRequest, startRecorder } from './recorder.js';

const MANIFESTS = fileURLToPath(new URL('./manifests/', import.meta.url));
/** Fast enough that nobody waits for containers, slow enough that a watch shows every state. */
const SPEED = 50;
const LINE_TIMEOUT_MS = 60_000;

/** How a command line ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A server of its own, and a folder in which a person types `kubectl …` against it. */
export interface Workbench {
  readonly server: Server;
  /** Where lines are run; kubectl's configuration is the file `config` in it. */
  readonly folder: string;
  /** Runs a line of shell. */
  run(line: string): Promise<Ended>;
  /** What kubectl sent since it was last asked; nothing unless the bench records. */
  sent(): readonly RecordedRequest[];
  close(): Promise<void>;
}

/** Programs beside kubectl that the lines use. */
const SCRIPTS: Readonly<Record<string, string>> = {
  // first-pod APP: the name of a running pod with that label
  'first-pod':
    'kubectl get pods -l "app=$1" --field-selector=status.phase=Running -o jsonpath="{.items[0].metadata.name}"',
  // fetch URL: the body that is served there
  fetch: `exec "${process.execPath}" -e 'fetch(process.argv[1]).then((r) => r.text()).then((t) => process.stdout.write(t))' "$1"`,
};

/** How a bench is set up. */
export interface WorkbenchOptions {
  /** Simulated seconds per real second. */
  readonly speed?: number;
  /** Whether it notes what kubectl sends. */
  readonly records?: boolean;
}

/** Starts a server and lays out the folder for one kubectl. */
export async function startWorkbench(
  kubectl: string,
  { speed = SPEED, records = false }: WorkbenchOptions = {},
): Promise<Workbench> {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-kubectl-'));
  cpSync(MANIFESTS, folder, { recursive: true });
  const bin = join(folder, 'bin');
  await mkdir(bin);
  symlinkSync(kubectl, join(bin, 'kubectl'));
  for (const [name, body] of Object.entries(SCRIPTS)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const start = join(folder, 'start.yaml');
  const server = await up(['--ephemeral', '--speed', String(speed), '-f', start]);
  const recorder = records ? await startRecorder(server.url) : undefined;
  writeFileSync(join(folder, 'config'), kubeconfig(recorder?.url ?? server.url));
  const env = {
    HOME: folder,
    KUBECONFIG: join(folder, 'config'),
    KUBECACHEDIR: join(folder, 'cache'),
    PATH: `${bin}:${process.env.PATH ?? ''}`,
    TERM: 'dumb',
  };
  return {
    server,
    folder,
    run: (line) => runLine(line, { env, cwd: folder }),
    sent: () => recorder?.take() ?? [],
    close: async () => {
      recorder?.close();
      await server.end('SIGTERM');
      rmSync(folder, { recursive: true });
    },
  };
}

function kubeconfig(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'podnet', cluster: { server } }],
    users: [{ name: 'podnet', user: {} }],
    contexts: [{ name: 'podnet', context: { cluster: 'podnet', user: 'podnet' } }],
    'current-context': 'podnet',
  });
}

function runLine(
  line: string,
  options: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
): Promise<Ended> {
  return new Promise((resolve) => {
    const shell = spawn('sh', ['-c', line], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LINE_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const text = { out: '', err: '' };
    shell.stdout.on('data', (chunk: Buffer) => {
      text.out += chunk.toString();
    });
    shell.stderr.on('data', (chunk: Buffer) => {
      text.err += chunk.toString();
    });
    shell.once('close', (code) => resolve({ code: code ?? -1, ...text }));
  });
}
