import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, Download, Page } from 'playwright-core';
import { has } from '../helper/tools.js';
import { launchChromium } from './chromium.js';
import { type PodnetProcess, startPodnet } from './podnet-process.js';

if (!has('chromium')) {
  test.skip('sharing is skipped: there is no Chromium on this machine', () => {});
} else {
  describe('sharing', () => {
    let podnet: PodnetProcess;
    let browser: Browser;
    let page: Page;
    let folder: string;
    const errors: string[] = [];

    beforeAll(async () => {
      podnet = await startPodnet();
      browser = await launchChromium();
      folder = mkdtempSync(join(tmpdir(), 'podnet-share-'));
      page = await open(podnet.url);
    }, 40_000);

    afterAll(async () => {
      await browser?.close();
      await podnet?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    beforeEach(() => {
      errors.length = 0;
    });

    /** A page of its own, as of another person. */
    async function open(url: string): Promise<Page> {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const opened = await context.newPage();
      opened.setDefaultTimeout(15_000);
      opened.on('pageerror', (error) => errors.push(error.message));
      opened.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
      await opened.goto(url);
      await opened.waitForSelector('[data-id="pod:shop/visitor"] .sign.good');
      return opened;
    }

    async function trace(from: string, to: string, protocol = 'tcp'): Promise<string> {
      await page.click('[role=tab]:has-text("Send")');
      await page.fill('#end-from', from);
      await page.fill('#end-to', to);
      await page.check(`input[name=protocol][value=${protocol}]`, { force: true });
      await page.click('.send');
      await page.waitForSelector('.send:not([disabled])');
      return (await page.textContent('.verdict-word')) ?? '';
    }

    /** The link that the page puts into its address as well as on the clipboard. */
    async function copiedLink(): Promise<string> {
      await share('copy link');
      await page.waitForSelector('.toast');
      return page.url();
    }

    /** Translation and scale of the drawing. */
    function camera(of: Page): Promise<readonly number[]> {
      return of.evaluate(() => {
        const text = document.querySelector('svg.graph > g')?.getAttribute('transform') ?? '';
        return (text.match(/-?[\d.]+/g) ?? []).map(Number);
      });
    }

    async function share(item: string): Promise<void> {
      await page.click('.share-menu > button');
      await page.click(`.share-items button:has-text("${item}")`);
    }

    async function saved(item: string): Promise<string> {
      const download = page.waitForEvent('download');
      await share(item);
      return keep(await download);
    }

    async function keep(download: Download): Promise<string> {
      const path = join(folder, download.suggestedFilename());
      await download.saveAs(path);
      return path;
    }

    test('saves a trace as one file that plays from disk without a network', async () => {
      expect(await trace('shop/visitor', 'svc/shop/web:80')).toContain('delivered');
      await share('without a server');
      await page.fill('#record-title', 'A <Service> & its "pods"');
      await page.fill('#record-description', 'See the DNAT.\n\n</script><b>twice</b> \u2028 $&');
      const download = page.waitForEvent('download');
      await page.click('.record-dialog button.primary');
      const path = await keep(await download);
      expect(path).toMatch(/a-service-its-pods\.html$/);
      expect(readFileSync(path).length).toBeLessThan(700_000);

      const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
      const asked: string[] = [];
      await context.route('**', (route) => {
        const url = route.request().url();
        if (url.startsWith('file:')) return route.continue();
        asked.push(url);
        return route.abort();
      });
      await context.setOffline(true);
      const recorded = await context.newPage();
      recorded.on('pageerror', (error) => errors.push(error.message));
      recorded.on('console', (message) => errors.push(message.text()));
      await recorded.goto(pathToFileURL(path).href);
      await recorded.waitForSelector('g.packet.current');
      expect(await recorded.title()).toBe('A <Service> & its "pods"');
      expect(await recorded.textContent('.recorded-text p >> nth=1')).toContain('</script><b>');
      expect(await recorded.textContent('.player .count')).toMatch(/^1 \/ /);
      const layout = await recorded.evaluate(() => ({
        steps: document.querySelector('.recorded-steps')?.clientWidth ?? 0,
        graph: document.querySelector('svg.graph')?.clientHeight ?? 0,
        page: document.documentElement.scrollHeight,
      }));
      expect(layout.steps).toBeLessThan(400);
      expect(layout.graph).toBeGreaterThan(200);
      expect(layout.page).toBe(720);
      await recorded.keyboard.press('ArrowRight');
      await recorded.keyboard.press('ArrowRight');
      await recorded.keyboard.press('ArrowLeft');
      expect(await recorded.textContent('.player .count')).toMatch(/^2 \/ /);
      await recorded.keyboard.press('o');
      await recorded.click('.step:has-text("nat dnat") >> nth=0');
      await recorded.waitForSelector('.field.changed[data-field=destination]');
      expect(await recorded.locator('.octet.changed').count()).toBeGreaterThan(3);
      const capture = recorded.waitForEvent('download');
      await recorded.click('.recorded-bar button:has-text("pcapng")');
      const head = readFileSync(await keep(await capture)).subarray(0, 4);
      expect([...head]).toEqual([0x0a, 0x0d, 0x0d, 0x0a]);
      // The image for paper is made when the drawing stands still.
      await recorded.waitForSelector('.printed img', { state: 'attached' });
      expect(asked).toEqual([]);
      expect(errors).toEqual([]);
      await context.close();
    });

    test('tells where two traces part ways, shows both packets there and goes to a step', async () => {
      await trace('shop/visitor', 'svc/shop/web:80');
      await trace('shop/visitor', 'svc/shop/web:81');
      await page.focus('.step >> nth=0');
      await page.keyboard.press('c');
      await page.waitForSelector('.compare-parting');
      expect(await page.textContent('.compare-parting b')).toMatch(
        /^The same for \d+ steps, then:$/,
      );
      await page.focus('.compare-row.first [data-row]');
      await page.keyboard.press('o');
      await page.waitForSelector('.compare-packets > div:nth-child(2) .octet');
      expect(
        await page
          .locator('.compare-packets .field.changed[data-field="destination port"]')
          .count(),
      ).toBe(2);
      await page.keyboard.press('Enter');
      await page.waitForSelector('.compare-dialog', { state: 'detached' });
      expect(await page.textContent('.player-title')).toMatch(/port 8[01]$/);
      expect(await page.textContent('.player .count')).not.toMatch(/^1 \//);
      expect(errors).toEqual([]);
    });

    test('gives a link that shows the same trace, step, filter and part of the drawing', async () => {
      await trace('shop/visitor', 'svc/shop/web:80');
      await page.click('.steps .step:has-text("nat dnat") >> nth=0');
      await page.fill('.find', 'web');
      await page.click('.zoom-buttons button >> nth=0');
      await page.waitForTimeout(400);
      const other = await open(await copiedLink());
      await other.waitForSelector('.player .count');
      await other.waitForTimeout(400);
      for (const part of ['.player .count', '.player-title', '.step-card .reason'])
        expect(await other.textContent(part)).toBe(await page.textContent(part));
      expect(await other.inputValue('#end-to')).toBe('svc/shop/web:80');
      expect(await other.inputValue('.find')).toBe('web');
      const [here, there] = [await camera(page), await camera(other)];
      for (const [index, value] of here.entries())
        expect(Math.abs(value - (there[index] ?? Number.NaN))).toBeLessThan(1.5);
      await other.context().close();
      await page.fill('.find', '');
      expect(errors).toEqual([]);
    });

    test('sends the same packet anew when the trace of a link is gone, and says so', async () => {
      const link = `${podnet.url}/#trace=packet-1-1&step=3.1&from=shop%2Fvisitor&to=svc%2Fshop%2Fapi%3A8080`;
      const other = await open(link);
      await other.waitForSelector('.toast:has-text("no longer kept")');
      expect(await other.textContent('.player-title')).toContain('svc shop/api');
      await other.context().close();
      expect(errors).toEqual([]);
    });

    test.each([
      '#%',
      '#trace=&step=x&view=1,2',
      '#view=NaN,1,1,1&select=pod:no/thing&fold=x&find=%00&layers=,,',
      `#from=${'x'.repeat(5000)}&protocol=sctp&size=-1&theme=pink`,
    ])('opens with %#: what a link does not mean is left out', async (hash) => {
      const other = await open(`${podnet.url}/${hash}`);
      expect(await other.locator('g.pod').count()).toBeGreaterThan(8);
      await other.context().close();
      expect(errors).toEqual([]);
    });

    test('saves a graph that looks the same as a file of its own', async () => {
      const svg = readFileSync(await saved('graph as SVG'), 'utf8');
      expect(svg.slice(0, 60)).toMatch(/^<svg [^>]*viewBox="/);
      expect(/ (?:style|class)="|var\(/.exec(svg)?.[0]).toBeUndefined();
      expect(errors).toEqual([]);
    });
  });
}
