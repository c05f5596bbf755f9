import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { builtFiles } from '../../../../server/api/http/index.js';

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podnet-page-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>page</p>');
  writeFileSync(join(folder, 'assets', 'main-1a2b.js'), 'let packed = false;');
  writeFileSync(join(folder, 'assets', 'main-1a2b.js.gz'), gzipSync('let packed = true;'));
  const app = express();
  app.use('/clusters/:cluster', ...builtFiles(folder));
  app.use(...builtFiles(folder));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test.each([
  ['/assets/main-1a2b.js', 'gzip, br', 'let packed = true;', 'gzip'],
  ['/clusters/two/assets/main-1a2b.js', 'gzip', 'let packed = true;', 'gzip'],
  ['/assets/main-1a2b.js', 'identity', 'let packed = false;', null],
])('%s for a client that takes %s', async (path, accepted, text, encoding) => {
  const answer = await fetch(`${url}${path}`, { headers: { 'Accept-Encoding': accepted } });
  expect(await answer.text()).toBe(text);
  expect(answer.headers.get('content-encoding')).toBe(encoding);
  expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(answer.headers.get('vary')).toBe('Accept-Encoding');
  expect(answer.headers.get('cache-control')).toBe('max-age=31536000, immutable');
});

test('the page itself is asked for anew each time', async () => {
  const answer = await fetch(url);
  expect(await answer.text()).toBe('<p>page</p>');
  expect(answer.headers.get('cache-control')).toBe('no-cache');
});
