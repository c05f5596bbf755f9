import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { has } from '../helper/tools.js';
import { launchChromium } from './chromium.js';
import { type PodnetProcess, startPodnet } from './podnet-process.js';

/** A pod that pings another every so often, on another node than it. */
function pinger(name: string, seconds: number, target: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      nodeName: 'worker-2',
      containers: [
        {
          name: 'ping',
          image: 'busybox:1.36',
          command: ['ping', '-q', '-i', `${seconds}`, target],
        },
      ],
    },
  };
}

if (!has('chromium')) {
  test.skip('live traffic in a browser is skipped: there is no Chromium on this machine', () => {});
} else {
  describe('live traffic', () => {
    let podnet: PodnetProcess;
    let browser: Browser;
    let page: Page;
    const errors: string[] = [];

    beforeAll(async () => {
      podnet = await startPodnet();
      browser = await launchChromium();
      page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      page.setDefaultTimeout(15_000);
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(podnet.url);
      await page.waitForSelector('[data-id="pod:shop/visitor"] .sign.good');
    }, 40_000);

    afterAll(async () => {
      await browser?.close();
      await podnet?.stop();
    });

    async function create(pod: object): Promise<void> {
      const answer = await fetch(`${podnet.url}/api/v1/namespaces/default/pods`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(pod),
      });
      expect(answer.status).toBe(201);
    }

    async function ipOf(pod: string): Promise<string> {
      const answer = await fetch(`${podnet.url}/api/v1/namespaces/shop/pods/${pod}`);
      const { status } = (await answer.json()) as { status: { podIP?: string } };
      return status.podIP ?? '';
    }

    /** Waits until what the canvas says that it shows has some words in it. */
    const shows = (what: string, words: string): Promise<unknown> =>
      page.waitForFunction(
        ([name, part]) =>
          document.querySelector<HTMLElement>('.traffic-layer')?.dataset[name]?.includes(part),
        [what, words] as const,
        { polling: 20 },
      );
    const frames = (): Promise<number> =>
      page.evaluate(() =>
        Number(document.querySelector<HTMLElement>('.traffic-layer')?.dataset.frames),
      );

    test('shows the sample as dots, on the edges that its packets pass', async () => {
      await shows('dots', 'veth:shop/visitor');
      await shows('dots', 'cable:worker-2/eth0--lan/p3');
    });

    test('shows a pod that pings another as dots from one to the other', async () => {
      await create(pinger('calm', 0.7, await ipOf('store-0')));
      await shows('dots', 'veth:default/calm');
      await shows('dots', 'veth:shop/store-0');
    });

    test('shows many packets as a stream with its rate', async () => {
      await create(pinger('flood', 0.005, await ipOf('store-0')));
      await shows('streams', '>veth:default/flood');
      await shows('streams', '<veth:default/flood');
      // 200 requests and 200 replies a second, and the calm pod's.
      await page.waitForFunction(() =>
        /veth:shop\/store-0 (39|40)\d pkt\/s/.test(
          document.querySelector<HTMLElement>('.traffic-layer')?.dataset.labels ?? '',
        ),
      );
      await page.click('.edge[data-id="veth:default/flood"]', { force: true });
      const row = await page.waitForSelector(
        '[data-lane=">veth:default/flood"] tr:has-text("ICMP") td:nth-child(2)',
      );
      expect(await row.textContent()).toMatch(/^\d+ pkt\/s · \d+ kbit\/s$/);
    });

    test('stands still with the clock', async () => {
      await page.click('.clock button[aria-label=pause]');
      await page.waitForTimeout(500);
      const before = await frames();
      await page.waitForTimeout(500);
      expect(await frames()).toBe(before);
      await page.click('.clock button[aria-label=run]');
      await page.waitForFunction(
        (count) =>
          Number(document.querySelector<HTMLElement>('.traffic-layer')?.dataset.frames) > count,
        before,
      );
    });

    test('is off when it is switched off, also after a reload', async () => {
      await page.click('.traffic-tools > button');
      await page.waitForFunction(
        () => document.querySelector<HTMLElement>('.traffic-layer')?.dataset.streams === '',
      );
      await page.reload();
      await page.waitForSelector('[data-drawn]');
      await page.waitForTimeout(800);
      expect(await page.getAttribute('.traffic-layer', 'data-frames')).toBeNull();
      expect(await page.getAttribute('.traffic-tools > button', 'aria-pressed')).toBe('false');
      expect(errors).toEqual([]);
    });
  });
}
