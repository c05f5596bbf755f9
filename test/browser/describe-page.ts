import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { has } from '../helper/tools.js';
import { launchChromium } from './chromium.js';
import { type PodnetProcess, startPodnet } from './podnet-process.js';

/** How the page of a suite is opened. */
export interface PageOptions extends BrowserContextOptions {
  /** Added to the address, such as `#theme=dark`. */
  readonly hash?: string;
}

/** The page of a suite; only there while its tests run. */
export interface OpenedPage {
  readonly page: Page;
  readonly url: string;
  /** Stops the server; `start` starts another one at the same address, with a cluster of its own. */
  stop(): Promise<void>;
  /** Ends the server as a power cut would. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

const START_MS = 40_000;
/** How long anything on the page is waited for. */
const PATIENCE_MS = 15_000;
/** What the browser itself says of a server that is away is no fault of the page. */
const AWAY = /net::ERR_|WebSocket/;

/**
 * A suite about the page, with a server and a browser of its own and the sample cluster running. A test fails when the
 * page throws or logs an error in its course. Without Chromium the suite is skipped by name.
 */
export function describePage(
  name: string,
  options: PageOptions,
  body: (opened: OpenedPage) => void,
): void {
  if (!has('chromium')) {
    test.skip(`${name} is skipped: there is no Chromium on this machine`, () => {});
    return;
  }
  describe(name, () => {
    const errors: string[] = [];
    let podnet: PodnetProcess | undefined;
    let browser: Browser | undefined;
    let page: Page | undefined;

    beforeAll(async () => {
      [podnet, browser] = await Promise.all([startPodnet(), launchChromium()]);
      page = await openPage({ browser, podnet }, options, errors);
    }, START_MS);

    afterAll(async () => {
      await browser?.close();
      await podnet?.stop();
    });

    beforeEach(() => {
      errors.length = 0;
    });

    afterEach(() => {
      expect(errors).toEqual([]);
    });

    body({
      get page() {
        return required(page);
      },
      get url() {
        return required(podnet).url;
      },
      stop: () => required(podnet).stop(),
      kill: () => required(podnet).kill(),
      start: async () => {
        podnet = await startPodnet(Number(new URL(required(podnet).url).port));
      },
    });
  });
}

/** Opens the page and waits until the sample's pods run; what it throws and logs as errors is added to `errors`. */
async function openPage(
  { browser, podnet }: { readonly browser: Browser; readonly podnet: PodnetProcess },
  { hash = '', ...context }: PageOptions,
  errors: string[],
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...context });
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !AWAY.test(message.text())) errors.push(message.text());
  });
  await page.goto(`${podnet.url}/${hash}`);
  await page.waitForSelector('[data-id="pod:shop/visitor"] .sign.good');
  return page;
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the page is open only while tests run');
  return value;
}
