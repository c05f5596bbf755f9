import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { io } from 'socket.io-client';
import type { TrafficSlice } from '../server/contract/traffic.js';
import { CHROMIUM, heapMb, launchChromium } from './helper/chromium.js';
import { type Figure, report } from './helper/figure.js';
import { countFrames, openPage, pan, zoom } from './helper/page-watch.js';
import { type BenchServer, startPodnet } from './helper/podnet-server.js';

/**
 * What the page does under `labs/live-traffic.yaml`: about 10,000 packets a second between pods, beside the sample.
 * The load begins when its manifest is applied, and ends when it is deleted (or the server stops).
 */
const LAB = fileURLToPath(new URL('../../labs/live-traffic.yaml', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../../labs/sample-app.yaml', import.meta.url));
const VIEWPORT = { width: 1440, height: 900 };
const WHILE_MS = 10_000;
/** Kernel ticks in a second (USER_HZ). */
const TICKS = 100;

/** Seconds of processor time that a process has used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Packets that pods sent or received over their veths, per second of simulated time and of real time. */
async function packetRates(server: BenchServer, forMs: number) {
  const socket = io(`${server.url}/traffic`, { transports: ['websocket'] });
  let packets = 0;
  let firstNs: number | undefined;
  let lastNs = 0;
  const startMs = performance.now();
  socket.on('slice', ({ lanes, fromNs, toNs }: TrafficSlice) => {
    firstNs ??= fromNs;
    lastNs = toNs;
    for (const { edge, forward, counts } of lanes) {
      if (!edge.startsWith('veth:') || !forward) continue;
      for (const [count] of Object.values(counts)) packets += count;
    }
  });
  await new Promise((resolve) => setTimeout(resolve, forMs));
  socket.disconnect();
  const seconds = (performance.now() - startMs) / 1000;
  return { perSimulated: (packets * 1e9) / (lastNs - (firstNs ?? 0)), perReal: packets / seconds };
}

/** What share of one processor a server uses while something goes on, in percent. */
async function usage({ pid }: BenchServer, during: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  const before = cpuSeconds(pid);
  await during();
  return ((cpuSeconds(pid) - before) * 100_000) / (performance.now() - startMs);
}

async function flowing(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    /[\d.]+ k pkt/.test(
      document.querySelector<HTMLElement>('.traffic-layer')?.dataset.labels ?? '',
    ),
  );
}

async function measure(server: BenchServer): Promise<readonly Figure[]> {
  const browser = await launchChromium();
  try {
    await new Promise((resolve) => setTimeout(resolve, 8000));
    const alone = await usage(server, () => new Promise((resolve) => setTimeout(resolve, 5000)));
    const page = await browser.newPage({ viewport: VIEWPORT });
    await openPage(page, server.url);
    await flowing(page);
    const rates = packetRates(server, WHILE_MS);
    let idle = { perSecond: 0, worstMs: 0 };
    const watched = await usage(server, async () => {
      idle = await countFrames(page, () => page.waitForTimeout(WHILE_MS));
    });
    const { perSimulated, perReal } = await rates;
    const panning = await countFrames(page, () => pan(page, 5));
    const zooming = await countFrames(page, () => zoom(page, 4));
    const heap = await heapMb(page);
    return [
      { name: 'packets of pods, per simulated second', value: perSimulated, unit: 'packets/s' },
      { name: 'packets of pods, per real second', value: perReal, unit: 'packets/s' },
      { name: 'nothing touched', value: idle.perSecond, unit: 'frames/s', target: '30 frames/s' },
      { name: 'nothing touched, longest frame', value: idle.worstMs, unit: 'ms' },
      { name: 'panning', value: panning.perSecond, unit: 'frames/s', target: '30 frames/s' },
      { name: 'panning, longest frame', value: panning.worstMs, unit: 'ms' },
      { name: 'zooming', value: zooming.perSecond, unit: 'frames/s', target: '30 frames/s' },
      { name: 'zooming, longest frame', value: zooming.worstMs, unit: 'ms' },
      { name: 'heap of the page', value: heap, unit: 'MB' },
      { name: 'server, nobody looks', value: alone, unit: '% of a CPU' },
      { name: 'server, two look', value: watched, unit: '% of a CPU' },
    ];
  } finally {
    await browser.close();
  }
}

if (CHROMIUM === '') {
  process.stdout.write(`${basename(import.meta.filename)}: skipped, there is no Chromium here\n`);
} else {
  const load = loadavg().map((n) => n.toFixed(1));
  process.stdout.write(`load of the machine before: ${load.join(' ')}\n`);
  const server = await startPodnet(['-f', SAMPLE, '-f', LAB]);
  try {
    report(...(await measure(server)));
  } finally {
    await server.stop();
  }
}
