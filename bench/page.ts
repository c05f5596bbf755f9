import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { CHROMIUM, heapMb, launchChromium, rendererMb, residentMb } from './helper/chromium.js';
import { type Figure, median, report } from './helper/figure.js';
import { followGraph } from './helper/graph-client.js';
import { fetchBytes } from './helper/http-client.js';
import { manyPods } from './helper/many-pods.js';
import { countFrames, followDrawn, openPage, pan, zoom } from './helper/page-watch.js';
import { type BenchServer, startPodnet } from './helper/podnet-server.js';

const PAGE = fileURLToPath(new URL('../web/', import.meta.url));
const TOPOLOGY = fileURLToPath(new URL('../../bench/helper/hundred-nodes.yaml', import.meta.url));
const VIEWPORT = { width: 1440, height: 900 };

/** Size of the page's parts as they are sent at best. */
function bundle(): readonly Figure[] {
  const assets = readdirSync(join(PAGE, 'assets')).filter((file) => !file.endsWith('.gz'));
  const index = readFileSync(join(PAGE, 'index.html'), 'utf8');
  const size = (file: string) => gzipSync(readFileSync(join(PAGE, 'assets', file))).length / 1000;
  const first = assets.filter((file) => index.includes(file));
  const main = first.reduce((sum, file) => sum + size(file), 0);
  return [
    { name: 'bundle that is loaded at once, gzip', value: main, unit: 'kB', target: '500 kB' },
    ...assets
      .filter((file) => !first.includes(file))
      .map((file) => ({ name: `bundle when used: ${file}, gzip`, value: size(file), unit: 'kB' })),
  ];
}

/** A server for as long as something is measured. */
async function withServer<T>(
  args: readonly string[],
  measure: (server: BenchServer) => Promise<T>,
): Promise<T> {
  const server = await startPodnet(args);
  try {
    return await measure(server);
  } finally {
    await server.stop();
  }
}

/** Milliseconds from navigation to the picture, each time in a page without a cache. */
async function openings(browser: Browser, url: string, times: number): Promise<number> {
  const taken: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const context = await browser.newContext({ viewport: VIEWPORT });
    taken.push(await openPage(await context.newPage(), url));
    await context.close();
  }
  return median(taken);
}

async function sample(browser: Browser): Promise<readonly Figure[]> {
  const value = await withServer([], ({ url }) => openings(browser, url, 5));
  return [{ name: 'sample cluster: navigation to picture', value, unit: 'ms', target: '1 s' }];
}

/** Milliseconds from the acknowledgement of a pod's change to the frame that shows it. */
async function updateDelays(
  page: Page,
  { url }: BenchServer,
  times: number,
): Promise<readonly number[]> {
  const client = await followGraph(url);
  const drawn = await followDrawn(page);
  const wanted: { readonly seq: number; readonly atMs: number }[] = [];
  for (let time = 0; time < times; time += 1) {
    const id = client.pods[(time * 97) % client.pods.length] ?? '';
    const [namespace, name] = id.slice('pod:'.length).split('/');
    const changed = client.changed(id);
    await fetchBytes(`${url}/api/v1/namespaces/${namespace}/pods/${name}`, {
      method: 'PATCH',
      type: 'application/merge-patch+json',
      body: JSON.stringify({ metadata: { labels: { bench: `${time}` } } }),
    });
    const atMs = performance.timeOrigin + performance.now();
    wanted.push({ seq: await changed, atMs });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  client.close();
  const frames = await drawn();
  return wanted
    .map(({ seq, atMs }) => (frames.find((frame) => frame.seq >= seq)?.atMs ?? Infinity) - atMs)
    .sort((a, b) => a - b);
}

async function large(
  browser: Browser,
  pods: number,
  targets: Readonly<Record<string, string>>,
): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'podnet-bench-'));
  const manifest = join(folder, 'pods.yaml');
  writeFileSync(manifest, manyPods(pods));
  const startMs = performance.now();
  const figures = await withServer(['--topology', TOPOLOGY, '-f', manifest], async (server) => {
    const startedMs = performance.now() - startMs;
    await allReady(server, pods);
    const readyMs = performance.now() - startMs;
    return [
      { name: 'server answers', value: startedMs / 1000, unit: 's' },
      { name: 'all pods Ready', value: readyMs / 1000, unit: 's' },
      ...(await look(browser, server)),
    ];
  });
  rmSync(folder, { recursive: true });
  const prefix = `${pods.toLocaleString('en-US')} pods on 100 nodes`;
  return figures.map((figure) => {
    const target = targets[figure.name];
    return {
      ...figure,
      name: `${prefix}: ${figure.name}`,
      ...(target === undefined ? {} : { target }),
    };
  });
}

/** Opens the page of a large cluster, and uses it. */
async function look(browser: Browser, server: BenchServer): Promise<readonly Figure[]> {
  const openMs = await openings(browser, server.url, 3);
  const page = await browser.newPage({ viewport: VIEWPORT });
  await openPage(page, server.url);
  await page.waitForTimeout(1000);
  const idle = await countFrames(page, () => page.waitForTimeout(2000));
  const panning = await countFrames(page, () => pan(page, 4));
  const zooming = await countFrames(page, () => zoom(page, 4));
  const delays = await updateDelays(page, server, 50);
  const figures = [
    { name: 'navigation to picture', value: openMs, unit: 'ms' },
    { name: 'idle', value: idle.perSecond, unit: 'frames/s' },
    { name: 'panning', value: panning.perSecond, unit: 'frames/s' },
    { name: 'panning, longest frame', value: panning.worstMs, unit: 'ms' },
    { name: 'zooming', value: zooming.perSecond, unit: 'frames/s' },
    { name: 'zooming, longest frame', value: zooming.worstMs, unit: 'ms' },
    { name: 'update of one pod, median', value: median(delays), unit: 'ms' },
    {
      name: 'update of one pod, 95th percentile',
      value: delays[Math.floor(delays.length * 0.95)] ?? Number.NaN,
      unit: 'ms',
    },
    { name: 'heap of the page', value: await heapMb(page), unit: 'MB' },
    { name: 'renderer, resident', value: await rendererMb(browser), unit: 'MB' },
    { name: 'server, resident', value: residentMb(server.pid), unit: 'MB' },
  ];
  await page.close();
  return figures;
}

/** Waits until every pod of the load is Ready; the clock runs at its pace. */
async function allReady({ url }: BenchServer, pods: number): Promise<void> {
  for (;;) {
    const list = JSON.parse((await fetchBytes(`${url}/apis/apps/v1/deployments`)).toString()) as {
      readonly items: readonly { readonly status?: { readonly readyReplicas?: number } }[];
    };
    const ready = list.items.reduce((sum, { status }) => sum + (status?.readyReplicas ?? 0), 0);
    if (ready >= pods) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const TARGETS = {
  panning: '30 frames/s',
  zooming: '30 frames/s',
  'update of one pod, median': '100 ms',
};

if (CHROMIUM === '') {
  process.stdout.write(`${basename(import.meta.filename)}: skipped, there is no Chromium here\n`);
} else {
  const parts = process.argv.slice(2);
  const wanted = (part: string) => parts.length === 0 || parts.includes(part);
  const browser = await launchChromium();
  process.stdout.write(
    `load of the machine before: ${loadavg()
      .map((n) => n.toFixed(1))
      .join(' ')}\n`,
  );
  if (wanted('bundle')) report(...bundle());
  if (wanted('sample')) report(...(await sample(browser)));
  if (wanted('3000'))
    report(...(await large(browser, 3000, { ...TARGETS, 'navigation to picture': '3 s' })));
  if (wanted('10000')) report(...(await large(browser, 10_000, TARGETS)));
  await browser.close();
}
