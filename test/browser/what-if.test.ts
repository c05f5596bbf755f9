import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './describe-page.js';

const lab = (name: string) => readFileSync(`labs/${name}.yaml`, 'utf8');

describePage('what if', {}, (opened) => {
  let page: Page;

  beforeAll(async () => {
    page = opened.page;
  });

  async function applyLab(name: string, pod: string): Promise<void> {
    await page.click('text=Apply manifest');
    await page.fill('.cm-content', lab(name));
    await page.keyboard.press('Control+Enter');
    await page.waitForFunction(
      (id) => document.querySelector(`[data-id="pod:default/${id}"] .pod-line`)?.textContent,
      pod,
    );
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog[open]', { state: 'detached' });
  }

  async function trace(from: string, to: string): Promise<string> {
    await page.click('[role=tab]:has-text("Send")');
    await page.fill('#end-from', from);
    await page.fill('#end-to', to);
    await page.click('.send');
    await page.waitForSelector('.send:not([disabled])');
    return (await page.textContent('.verdict-word')) ?? '';
  }

  /** Asks what would help, and gives the first suggestion. */
  async function firstSuggestion(): Promise<string> {
    await page.click('.player .suggest-ask');
    await page.waitForSelector('.suggest-card', { timeout: 30_000 });
    return (await page.textContent('.suggest-card .suggest-text b')) ?? '';
  }

  async function arrivesAtLast(from: string, to: string): Promise<string> {
    let verdict = '';
    for (let time = 0; time < 12 && !verdict.includes('delivered'); time++) {
      verdict = await trace(from, to);
      if (!verdict.includes('delivered')) await page.waitForTimeout(1000);
    }
    return verdict;
  }

  test('finds the selector of a Service without endpoints, shows it, applies it, and undoes it', async () => {
    await applyLab('broken-service', 'client');
    await page.waitForTimeout(2000);
    expect(await trace('client', 'typo:80')).toContain('refused');
    expect(await firstSuggestion()).toBe('✔ Let Service default/typo select app=web.');
    expect(await page.textContent('.suggest-card .diff .added')).toContain('app: web');
    await page.click('.suggest-card >> text=Show it');
    expect(await page.textContent('.player-title')).toContain('what if:');
    expect(await page.textContent('.verdict-word')).toContain('delivered');
    await page.click('.suggest-bar >> text=Compare');
    expect(await page.locator('.compare-head').count()).toBe(2);
    await page.keyboard.press('Escape');
    await page.click('.suggest-bar >> text=Apply it');
    await page.click('.suggest-bar >> text=Send it in the cluster');
    await page.waitForSelector('.player-title:not(:has-text("what if"))');
    expect(await page.textContent('.verdict-word')).toContain('delivered');
    await page.click('button:has-text("undo")');
    await page.waitForTimeout(500);
    expect(await trace('client', 'typo:80')).toContain('refused');
  }, 60_000);

  test('lets a program bind every address, and the trace arrives when its pod is made anew', async () => {
    await applyLab('localhost-only', 'shy');
    await page.waitForTimeout(3000);
    expect(await trace('client', 'shy:6379')).toContain('refused');
    expect(await firstSuggestion()).toBe(
      '✔ Let container redis bind 0.0.0.0 instead of 127.0.0.1 (Pod default/shy).',
    );
    await page.click('.suggest-card >> text=Apply it');
    await page.waitForSelector('.suggest-card >> text=applied');
    await page.keyboard.press('Escape');
    expect(await arrivesAtLast('client', 'shy:6379')).toContain('delivered');
  }, 60_000);

  test('opens a NetworkPolicy by one rule, with the keyboard alone', async () => {
    await applyLab('network-policy', 'db-pod');
    await page.waitForTimeout(3000);
    expect(await trace('visitors/guest', 'db-pod:6379')).toContain('dropped');
    await page.focus('.player .suggest-ask');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.suggest-card', { timeout: 30_000 });
    expect(await page.textContent('.suggest-card .suggest-text b')).toContain(
      'Let NetworkPolicy allow-shop allow ingress',
    );
    const apply = page.locator('.suggest-card >> nth=0').locator('text=Apply it');
    await apply.focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.suggest-card >> text=applied');
    await page.keyboard.press('Escape');
    expect(await arrivesAtLast('visitors/guest', 'db-pod:6379')).toContain('delivered');
  }, 60_000);

  test('says what could be meant by a name that nobody has', async () => {
    await page.fill('#end-from', 'shop/visitor');
    await page.fill('#end-to', 'svc/shop/wbe:80');
    await page.click('.send');
    await page.click('.trace-form .suggest-ask');
    await page.waitForSelector('.suggest-card', { timeout: 30_000 });
    expect(await page.textContent('.suggest-card .suggest-text b')).toBe('✔ Ask web:80.');
    await page.click('.suggest-card >> text=Ask so');
    await page.waitForSelector('.player-title:has-text("shop/web")');
  }, 60_000);

  test('asks what happens next, by keyboard, and tells nothing before it is answered', async () => {
    expect(await trace('shop/visitor', 'svc/shop/web:80')).toContain('delivered');
    await page.selectOption('.predict-switch select', 'me');
    await page.click('button[title^="To the beginning"]');
    await page.keyboard.press('End');
    await page.waitForSelector('.predict-card');
    expect(await page.textContent('.player')).not.toContain('delivered');
    expect(await page.locator('.predict-choice').count()).toBeGreaterThanOrEqual(3);
    await page.keyboard.press('2');
    await page.waitForSelector('.predict-choice.true');
    expect(await page.textContent('.predict-end')).toMatch(/Right|Not so/);
    expect(await page.textContent('.predict-score')).toMatch(/^[01] of 1 right$/);
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await page.waitForSelector('.predict-choice.open');
    await page.keyboard.press('r');
    await page.waitForSelector('.predict-choice.true');
    expect(await page.textContent('.predict-score')).toMatch(/ of 1 right$/);
    await page.selectOption('.predict-switch select', 'off');
    expect(await page.textContent('.verdict-word')).toContain('delivered');
  }, 30_000);
});
