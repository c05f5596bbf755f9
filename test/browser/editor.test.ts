import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './describe-page.js';

const FRONT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: front
spec:
  replicas: 2
  selector:
    matchLabels: { app: front }
  template:
    metadata:
      labels: { app: front }
    spec:
      containers:
        - name: web
          image: nginx:1.27
`;
const PODS = '[data-id^="pod:default/front"]';

describePage('the editor and what it changes', {}, (opened) => {
  let page: Page;

  beforeAll(() => {
    page = opened.page;
  });

  async function write(text: string): Promise<void> {
    if ((await page.locator('.cm-content').count()) === 0) {
      await page.click('text=Apply manifest');
      await page.waitForSelector('.cm-content');
    }
    await page.fill('.cm-content', text);
  }

  async function pods(count: number): Promise<void> {
    await page.waitForFunction(
      ([selector, wanted]) => document.querySelectorAll(selector).length === wanted,
      [PODS, count] as const,
    );
  }

  test('a wrong field is marked at its line while it is written', async () => {
    await write(FRONT.replace('replicas', 'replcas'));
    await page.waitForSelector('.cm-lintRange-error:has-text("replcas")');
    expect(await page.textContent('.check-line')).toContain('spec.replcas: unknown field');
  });

  test('fields and values are completed from what the cluster serves', async () => {
    await write('apiVersion: v1\nkind: Pod\nspec:\n  restartP');
    await page.click('.cm-content');
    await page.keyboard.press('Control+End');
    await page.keyboard.press('Control+Space');
    await page.waitForSelector('.cm-tooltip-autocomplete li:has-text("restartPolicy")');
    await page.waitForTimeout(200);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+Space');
    await page.waitForSelector('.cm-tooltip-autocomplete li:has-text("OnFailure")');
    await page.keyboard.press('Escape');
  });

  test('a dry run shows ghosts of pods, and applying makes them', async () => {
    await write(FRONT);
    await page.click('button:has-text("Dry run")');
    await page.waitForSelector('.ghost-bar');
    // The bar is there a moment before the drawing.
    await page.waitForSelector('[data-id^="ghost:pod:default/front"] >> nth=1');
    expect(await page.locator(PODS).count()).toBe(0);
    await page.click('.ghost-bar button:has-text("Apply")');
    await page.waitForSelector(`${PODS} .sign.good`);
    await pods(2);
    await page.waitForSelector('[data-id^="ghost:"]', { state: 'detached' });
  });

  test('scaling from the panel is taken back by undo', async () => {
    await page.click(PODS);
    await page.click('.vertex-actions button:has-text("change")');
    await page.fill('.scale-form input', '4');
    await page.keyboard.press('Enter');
    await pods(4);
    await page.click('.toolbar button:has-text("undo")');
    await pods(2);
  });

  test('a snapshot brings back what was deleted since', async () => {
    await page.click('button:has-text("states & faults")');
    await page.click('.states-menu button:has-text("save")');
    await page.waitForSelector('[aria-label="restore start"]');
    await page.keyboard.press('Escape');
    await page.click('.owner-actions button:has-text("delete Deployment")');
    await page.click('.delete-form button:has-text("Delete")');
    await page.click('select[aria-label="Speed of the simulated clock"]');
    await page.selectOption('select[aria-label="Speed of the simulated clock"]', '10');
    await pods(0);
    await page.click('button:has-text("states & faults")');
    await page.click('[aria-label="restore start"]');
    await page.waitForSelector(`${PODS} .sign.good`);
    await page.keyboard.press('Escape');
  });

  test('a fault from the panel is listed, and healed there', async () => {
    await page.focus('g.edge.cable[aria-label*="p2"]');
    await page.keyboard.press('Enter');
    await page.click('.vertex-actions button:has-text("break")');
    await page.fill('.fault-form input', '30ms');
    await page.click('.fault-form button');
    await page.click('button:has-text("states & faults")');
    await page.click('.states-menu button[aria-label^="heal delay"]');
    await page.waitForSelector('.states-menu :text("Nothing is broken.")');
    await page.keyboard.press('Escape');
  });
});
