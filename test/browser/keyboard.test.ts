import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './describe-page.js';

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: typed
spec:
  containers:
    - name: web
      image: nginx:1.27
`;
/** More stops of Tab than the page ever has. */
const MOST_STOPS = 120;

describePage('the page without a mouse', {}, (opened) => {
  let page: Page;

  beforeAll(() => {
    page = opened.page;
  });

  const isAt = (selector: string) =>
    page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector);

  /** At a button with these words. */
  const isOn = (text: string) =>
    page.evaluate((wanted) => {
      const { activeElement } = document;
      return activeElement?.tagName === 'BUTTON' && activeElement.textContent.includes(wanted);
    }, text);

  /** Presses Tab until the keyboard is there; fails when it never comes there. */
  async function tabTo(arrived: () => Promise<boolean>): Promise<void> {
    for (let stops = 0; stops < MOST_STOPS; stops += 1) {
      if (await arrived()) return;
      await page.keyboard.press('Tab');
    }
    throw new Error('Tab never comes there');
  }

  /** The arrow that leads from what has the keyboard towards something; the second one where the first leads nowhere. */
  const arrowsTo = (id: string) =>
    page.evaluate((wanted) => {
      const middle = (element: Element | null) => {
        const box = element?.getBoundingClientRect() ?? new DOMRect();
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      };
      const from = middle(document.activeElement);
      const to = middle(document.querySelector(`[data-id="${wanted}"]`));
      const across = to.x < from.x ? 'ArrowLeft' : 'ArrowRight';
      const along = to.y < from.y ? 'ArrowUp' : 'ArrowDown';
      const wide = Math.abs(to.x - from.x) > Math.abs(to.y - from.y);
      return wide ? [across, along] : [along, across];
    }, id);

  /** Goes about in the graph by arrows until something is reached. */
  async function arrowTo(id: string): Promise<void> {
    await tabTo(() => isAt('.graph [data-id]'));
    const place = () => page.evaluate(() => document.activeElement?.getAttribute('data-id'));
    for (let steps = 0; steps < MOST_STOPS; steps += 1) {
      const before = await place();
      if (before === id) return;
      for (const key of await arrowsTo(id)) {
        await page.keyboard.press(key);
        if ((await place()) !== before) break;
      }
    }
    throw new Error(`arrows never come to ${id}`);
  }

  const count = () => page.textContent('.player .count');

  test('the first stop of Tab leads past everything to the graph', async () => {
    await page.keyboard.press('Tab');
    expect(await isAt('.skip-link')).toBe(true);
    await page.keyboard.press('Enter');
    expect(await isAt('main')).toBe(true);
    await tabTo(() => isAt('.graph [data-id]'));
  });

  test('a packet is sent, and its steps are gone forward and back', async () => {
    await page.keyboard.press('s');
    await page.waitForFunction(() => document.activeElement?.id === 'end-from');
    await page.keyboard.type('shop/visitor');
    await tabTo(() => isAt('#end-to'));
    await page.keyboard.type('svc/shop/web:80');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict-word:has-text("delivered")');
    await page.waitForFunction(() => document.activeElement?.closest('.player') !== null);
    await page.keyboard.press('Home');
    expect(await count()).toMatch(/^1 \//);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await count()).toMatch(/^3 \//);
    await page.keyboard.press('ArrowLeft');
    expect(await count()).toMatch(/^2 \//);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.player', { state: 'detached' });
  });

  test('a pod is found by arrows and opened, and its container killed', async () => {
    await arrowTo('pod:shop/visitor');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.details-panel h2:has-text("visitor")');
    await tabTo(() => isOn('break ▾'));
    await page.keyboard.press('Enter');
    await tabTo(() => isOn('kill curl'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('.toast:has-text("curl")');
  });

  test('tabs of the dock and of the inspector are chosen by arrows', async () => {
    await tabTo(() => isAt('.inspector-tabs [role=tab]'));
    await page.keyboard.press('End');
    expect(await page.textContent('.inspector-tabs [aria-selected=true]')).toContain('YAML');
    await page.keyboard.press('Home');
  });

  test('a wrong manifest is told, mended and applied', async () => {
    await page.keyboard.press('e');
    await page.waitForFunction(() => document.activeElement?.matches('.cm-content') === true);
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(POD.replace('kind: Pod', 'kind: Pood'));
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('.report-problem:has-text("line 2")');
    await page.keyboard.press('Control+a');
    await page.keyboard.insertText(POD);
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector('[data-id="pod:default/typed"]');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect(await isAt('body')).toBe(false);
  });

  test('Tab leaves the text of the editor when it is asked to', async () => {
    await page.keyboard.press('e');
    await page.waitForFunction(() => document.activeElement?.matches('.cm-content') === true);
    await page.keyboard.press('Control+m');
    await page.keyboard.press('Tab');
    expect(await isAt('.cm-content')).toBe(false);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
  });

  test('a terminal is opened, typed into, left and closed', async () => {
    await tabTo(() => isOn('shell in curl'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('.terminal-view:not([hidden]) .xterm-rows:has-text("$")');
    await page.keyboard.type('echo key-$((6*7))\n');
    await page.waitForSelector('.xterm-rows:has-text("key-42")');
    await page.keyboard.press('F6');
    expect(await isAt('.terminal-tabs [role=tab]')).toBe(true);
    await page.keyboard.press('Delete');
    await page.waitForSelector('.terminal-dock', { state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.matches('main') === true);
  });

  test.each([
    ['.states', 1],
    ['.share-menu', 1],
    ['.themes', 1],
    ['.cluster-facts', 0],
  ])('the menu %s closes by Escape and gives the keyboard back', async (menu, stops) => {
    const button = `${menu} > button`;
    const panel = `${menu} .menu-panel`;
    await tabTo(() => isAt(button));
    await page.keyboard.press('Enter');
    await page.waitForSelector(panel);
    for (let stop = 0; stop < stops; stop += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    await page.waitForSelector(panel, { state: 'detached' });
    expect(await isAt(button)).toBe(true);
  });

  test('the list of keys opens, closes and gives the keyboard back', async () => {
    await page.keyboard.press('?');
    await page.waitForSelector('.keys-dialog');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.keys-dialog', { state: 'detached' });
    expect(await isAt('body')).toBe(false);
  });

  test('the dock is hidden and shown, and Escape ends the selection', async () => {
    await page.keyboard.press('d');
    await page.waitForSelector('.dock.hidden');
    await page.keyboard.press('d');
    await page.waitForSelector('.dock:not(.hidden)');
    await page.keyboard.press('Escape');
    await page.waitForSelector('.details-panel', { state: 'detached' });
  });
});
