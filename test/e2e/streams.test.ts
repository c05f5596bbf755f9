/** The streams of pods with the real kubectl, by WebSocket and by SPDY. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isBuilt, killAll, type Server, up } from './helper/podnet.js';

/** 1.33 and 1.32 tunnel SPDY in a WebSocket and run commands over one; 1.29 speaks SPDY alone. */
const VERSIONS = ['1.33', '1.32', '1.29'].map((version) => ({
  version,
  binary: `/usr/lib/google-cloud-sdk/bin/kubectl.${version}`,
}));

const APP = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: nginx, image: "nginx:1.27", ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`;

for (const { binary, version } of VERSIONS) {
  const present = isBuilt && existsSync(binary);
  const whenPresent = present ? describe : describe.skip;
  whenPresent(
    `streams with kubectl ${version}${present ? '' : ' (skipped: it is not here)'}`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'podnet-streams-'));
      const env = {
        HOME: folder,
        KUBECACHEDIR: join(folder, 'cache'),
        PATH: process.env.PATH ?? '',
      };
      const started = new Set<ChildProcess>();
      let server: Server;

      const kubectl = (args: readonly string[], input?: Buffer) =>
        new Promise<{ readonly code: unknown; readonly out: string; readonly err: string }>(
          (resolve) => {
            const child = execFile(
              binary,
              ['--server', server.url, ...args],
              { env },
              (error, out, err) => resolve({ code: error?.code ?? 0, out, err }),
            );
            child.stdin?.end(input);
          },
        );

      /** Runs port-forward; gives the local port, and what it has printed so far. */
      const forward = async (target: string, port: number) => {
        const child = spawn(binary, ['--server', server.url, 'port-forward', target, `:${port}`], {
          env,
        });
        started.add(child);
        let printed = '';
        const local = await new Promise<number>((resolve) => {
          for (const stream of [child.stdout, child.stderr]) {
            stream.on('data', (text) => {
              printed += text;
              const match = /127\.0\.0\.1:(\d+) ->/.exec(printed);
              if (match !== null) resolve(Number(match[1]));
            });
          }
        });
        return {
          local,
          printed: () => printed,
          ended: new Promise((resolve) => child.on('exit', resolve)),
        };
      };

      beforeAll(async () => {
        const file = join(folder, 'app.yaml');
        writeFileSync(file, APP);
        server = await up(['--ephemeral', '-f', file]);
        await kubectl(['wait', 'pod/web', '--for=condition=Ready', '--timeout=60s']);
      }, 120_000);

      afterAll(() => {
        for (const child of started) child.kill('SIGKILL');
        killAll();
        rmSync(folder, { recursive: true });
      });

      test('run a command with input, both outputs and an exit code', async () => {
        const script = 'cat; echo err >&2; exit 3';
        expect(
          await kubectl(['exec', '-i', 'web', '--', 'sh', '-c', script], Buffer.from('hi\n')),
        ).toEqual({
          code: 3,
          out: 'hi\n',
          err: 'err\ncommand terminated with exit code 3\n',
        });
      }, 60_000);

      test('reach the page of a Service through port-forward, several times at once', async () => {
        const { local } = await forward('svc/web', 80);
        const page = () =>
          new Promise<string>((resolve, reject) => {
            get({ host: '127.0.0.1', port: local }, (response) => {
              let text = '';
              response.on('data', (piece) => {
                text += piece;
              });
              response.on('end', () => resolve(text));
            }).on('error', reject);
          });
        const pages = await Promise.all(Array.from({ length: 10 }, page));
        for (const one of pages) expect(one).toContain('<h1>Welcome to nginx!</h1>');
      }, 60_000);

      test('carry 4 MB in and out unchanged', async () => {
        const body = Buffer.alloc(4_000_000, 'octets of a body ');
        await kubectl(
          ['exec', '-i', 'web', '--', 'sh', '-c', 'cat > /usr/share/nginx/html/big'],
          body,
        );
        const { local } = await forward('pod/web', 80);
        const socket = connect(local, '127.0.0.1');
        socket.write('GET /big HTTP/1.0\r\n\r\n');
        const pieces: Buffer[] = [];
        for await (const piece of socket) pieces.push(piece as Buffer);
        const answer = Buffer.concat(pieces);
        expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(body)).toBe(true);
      }, 120_000);

      test('say why a port cannot be reached', async () => {
        const { ended, local, printed } = await forward('pod/web', 81);
        connect(local, '127.0.0.1').on('error', () => undefined);
        expect(await ended).toBe(1);
        expect(printed()).toContain('error forwarding port 81 to pod ');
        expect(printed()).toContain('IPv4: dial tcp4 127.0.0.1:81: connect: connection refused');
        expect(printed()).toContain('error: lost connection to pod\n');
      }, 60_000);
    },
  );
}
