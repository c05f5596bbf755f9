import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './describe-page.js';

const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: only-visitors
  namespace: shop
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from: [{podSelector: {matchLabels: {app: visitor}}}]
      ports: [{port: 80}]
`;

describePage('the graph', {}, (opened) => {
  let page: Page;

  beforeAll(() => {
    page = opened.page;
  });

  async function switchLayer(name: string): Promise<void> {
    await page.click('.layers-menu > button');
    await page.getByRole('checkbox', { name: new RegExp(`^${name}`) }).click();
    await page.keyboard.press('Escape');
  }

  test('draws Services with lines to their pods when that layer is on, and keeps it on', async () => {
    expect(await page.locator('g.chip-over').count()).toBe(0);
    await switchLayer('Services');
    await page.waitForSelector('[data-id="service:shop/web"].chip-over');
    const lines = page.locator('.service-line[data-service="service:shop/web"]');
    expect(await lines.count()).toBe(2);
    await page.locator('[data-id="service:shop/web"].chip-over').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.service-line.selected');
    expect(await lines.first().locator('text').textContent()).toBe('80 → 80/TCP');
    await page.reload();
    await page.waitForSelector('[data-id="service:shop/web"].chip-over');
    await switchLayer('Services');
    await page.waitForSelector('g.chip-over', { state: 'detached' });
  });

  test('marks pods that a policy isolates, and shows whom it lets in', async () => {
    await page.click('text=Apply manifest');
    await page.fill('.cm-content', POLICY);
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.dialog, dialog', { state: 'detached' }).catch(() => undefined);
    await page.waitForFunction(() => document.querySelector('dialog[open]') === null);
    await switchLayer('NetworkPolicies');
    await page.waitForSelector('g.shield');
    expect(await page.locator('g.shield').count()).toBe(2);
    await page.locator('[data-id="policy:shop/only-visitors"]').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.policy-arrow, .policy-tag');
    expect(await page.textContent('.details-panel h2')).toBe('only-visitors');
    await switchLayer('NetworkPolicies');
  });

  test('finds pods by label selectors, which it completes', async () => {
    await page.fill('.find', 'ap');
    await page.waitForSelector('.offers [role=option]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await page.inputValue('.find')).toBe('app=');
    await page.fill('.find', 'app in (web)');
    await page.waitForFunction(() => document.querySelectorAll('.pod.dimmed').length === 7);
    await page.fill('.find', '');
    await page.waitForSelector('.pod.dimmed', { state: 'detached' });
  });

  test('shows what is inside a pod from near, and its name and state alone from far', async () => {
    const pod = page.locator('[data-id="pod:shop/store-0"]');
    const box = await pod.boundingBox();
    await page.mouse.move((box?.x ?? 0) + 60, (box?.y ?? 0) + 30);
    const zoomTo = async (level: string, step: number) => {
      for (let i = 0; i < 30; i += 1) {
        if ((await page.getAttribute('svg.graph', 'data-level')) === level) break;
        await page.mouse.wheel(0, step);
      }
      await page.waitForSelector(`svg.graph[data-level="${level}"]`);
    };
    await zoomTo('nearest', -150);
    await page.waitForFunction(() =>
      /tcp 0\.0\.0\.0:6379/.test(
        document.querySelector('[data-id="pod:shop/store-0"]')?.textContent ?? '',
      ),
    );
    const told = (await pod.textContent()) ?? '';
    expect(told).toMatch(/pause pid \d+ · net 40265\d+ ipc 40265\d+ uts 40265\d+/);
    expect(told).toMatch(/eth0 10\.244\.\d\.\d+\/24 · [0-9a-f:]{17} · mtu 1500/);
    expect(told).toMatch(/⇄ veth[0-9a-f]+, port of cni0/);
    expect(await page.locator('.graph-minimap').count()).toBe(1);
    await zoomTo('far', 150);
    expect(await page.locator('.graph-minimap').count()).toBe(0);
    expect((await pod.locator('text').allTextContents()).join('')).toBe('● store-0');
    await page.click('[title="Show everything"], .zoom-buttons button:nth-child(3)');
    await page.waitForSelector('svg.graph[data-level="normal"]');
  });
});
