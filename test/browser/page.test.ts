import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './describe-page.js';

const PROBED = `apiVersion: v1
kind: Pod
metadata:
  name: probed
spec:
  containers:
    - name: web
      image: nginx:1.27
`;

describePage('the page', {}, (opened) => {
  let page: Page;

  beforeAll(() => {
    page = opened.page;
  });

  async function trace(from: string, to: string, protocol = 'tcp'): Promise<string> {
    await page.click('[role=tab]:has-text("Send")');
    await page.fill('#end-from', from);
    await page.fill('#end-to', to);
    await page.check(`input[name=protocol][value=${protocol}]`, { force: true });
    await page.click('.send');
    await page.waitForSelector('.send:not([disabled])');
    return (await page.textContent('.verdict-word')) ?? '';
  }

  async function applyManifest(text: string): Promise<void> {
    await page.click('text=Apply manifest');
    await writeManifest(text);
    await page.keyboard.press('Control+Enter');
  }

  async function writeManifest(text: string): Promise<void> {
    await page.fill('.cm-content', text);
  }

  async function ipOf(pod: string): Promise<string> {
    const line = page.locator(`[data-id="pod:${pod}"] .pod-line`);
    await page.waitForFunction(
      (id) =>
        /^10\./.test(document.querySelector(`[data-id="pod:${id}"] .pod-line`)?.textContent ?? ''),
      pod,
    );
    return (await line.textContent()) ?? '';
  }

  test('shows the sample with every pod in its node, and fits the window', async () => {
    expect(await page.locator('g.pod').count()).toBe(9);
    expect(await page.locator('g.edge.veth').count()).toBe(9);
    for (const size of [
      { width: 1280, height: 720 },
      { width: 1440, height: 900 },
    ]) {
      await page.setViewportSize(size);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBe(size.width);
    }
  });

  test('sends a packet to a Service, plays it along the lines and says delivered', async () => {
    expect(await trace('shop/visitor', 'svc/shop/web:80')).toContain('delivered');
    await page.waitForSelector('g.packet.current');
    await page.click('button[title^="To the beginning"]');
    expect(await page.textContent('.player .count')).toMatch(/^1 \/ /);
    await page.click('button[title^="One step on"]');
    expect(await page.textContent('.player .count')).toMatch(/^2 \/ /);
    await page.click('button[title^="To the end"]');
    await page.waitForSelector('.service.lit[data-id="service:shop/web"]');
  });

  test('shows the octets of a step, marks what it changed, and steps back by key', async () => {
    await trace('shop/visitor', 'svc/shop/web:80');
    await page.click('button:has-text("octets")');
    await page.click('.step:has-text("nat dnat") >> nth=0');
    await page.waitForSelector('.field.changed[data-field=destination]');
    await page.hover('.field.changed[data-field=destination]');
    expect(await page.locator('.octet.lit').count()).toBe(4);
    const at = (await page.textContent('.player .count')) ?? '';
    await page.keyboard.press('ArrowLeft');
    expect(await page.textContent('.player .count')).not.toBe(at);
    await page.click('button:has-text("octets")');
  });

  test('compares two traces and marks where they part ways', async () => {
    await trace('shop/visitor', 'svc/shop/web:80');
    expect(await trace('shop/visitor', '10.99.99.99:80')).not.toContain('delivered');
    await page.click('.player button:has-text("compare")');
    expect(await page.locator('.compare-row.first').count()).toBe(1);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.compare-dialog', { state: 'detached' });
    expect(await page.locator('.player').count()).toBe(1);
  });

  test.each([
    ['pcapng', /\.pcapng$/],
    ['graph as SVG', /^podnet\.svg$/],
    ['graph as PNG', /^podnet\.png$/],
    ['Mermaid', /\.mmd$/],
    ['JSON', /\.json$/],
  ])('saves %s', async (item, name) => {
    await page.click('.share-menu > button');
    const saved = page.waitForEvent('download');
    await page.click(`.share-items button:has-text("${item}")`);
    expect((await saved).suggestedFilename()).toMatch(name);
  });

  test('shows an error at the field that caused it', async () => {
    await page.fill('#end-to', 'svc/shop/nothing:80');
    await page.click('.send');
    await page.waitForSelector('#end-to[aria-invalid=true]');
    expect(await page.textContent('#error-to')).toContain('nothing');
  });

  test('takes both ends from clicks in the graph', async () => {
    await page.click('.end:has(#end-from) .pick');
    await page.click('[data-id="pod:shop/visitor"]');
    await page.click('[data-id="service:shop/api"]');
    expect(await page.inputValue('#end-from')).toBe('shop/visitor');
    expect(await page.inputValue('#end-to')).toBe('svc/shop/api:8080');
  });

  test('names the line of a problem in a manifest, then applies the mended one', async () => {
    await applyManifest(PROBED.replace('kind: Pod', 'kind: Pood'));
    await page.waitForSelector('.report-problem');
    expect(await page.textContent('.report-problem')).toContain('line 2');
    await writeManifest(PROBED);
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('[data-id="pod:default/probed"] .sign.good');
    expect(await trace('shop/visitor', 'default/probed:80')).toContain('delivered');
  });

  test('gives a pod a new address when its pause container is killed', async () => {
    const before = await ipOf('default/probed');
    await page.click('[data-id="pod:default/probed"]');
    await page.click('.vertex-actions button:has-text("break")');
    await page.click('text=kill pause');
    await page.waitForFunction((old) => {
      const text = document.querySelector('[data-id="pod:default/probed"] .pod-line')?.textContent;
      return text !== old && /^10\./.test(text ?? '');
    }, before);
    expect(await ipOf('default/probed')).not.toBe(before);
  });

  test('loses packets while a cable is down and delivers them when it is up again', async () => {
    const cable = 'g.edge.cable[aria-label*="p2"]';
    await page.focus(cable);
    await page.keyboard.press('Enter');
    await page.click('text=take link down');
    await page.waitForSelector(`${cable}.down`, { state: 'attached' });
    expect(await trace('node/worker-2', 'node/worker-1', 'icmp')).not.toContain('delivered');
    await page.focus(cable);
    await page.keyboard.press('Enter');
    await page.click('text=bring link up');
    await page.waitForSelector(`${cable}.up`, { state: 'attached' });
    expect(await trace('node/worker-2', 'node/worker-1', 'icmp')).toContain('delivered');
  });

  test('keeps the open sections and their scroll while the panel refreshes', async () => {
    await page.click('[data-id="pod:shop/visitor"]');
    await page.click('.inspector-tabs [role=tab]:has-text("YAML")');
    await page.waitForSelector('summary:has-text("Object")');
    const block = page.locator('.section:has(summary:has-text("Object")) pre');
    await block.evaluate((element) => element.scrollTo({ top: 60 }));
    await page.waitForTimeout(2000);
    expect(await block.evaluate((element) => element.scrollTop)).toBe(60);
  });

  test('comes back by itself when the server was restarted', async () => {
    await opened.stop();
    await page.waitForSelector('.link.bad');
    await page.waitForSelector('.lost-banner');
    await opened.start();
    await page.waitForSelector('.link.good');
    await page.waitForSelector('.lost-banner', { state: 'detached' });
    await page.waitForSelector('[data-id="pod:default/probed"]', { state: 'detached' });
    await page.waitForSelector('[data-id="pod:shop/visitor"] .sign.good');
  });
});
