import { expect, test } from '@jest/globals';
import { describePage } from './describe-page.js';

describePage('a page whose server dies and comes back', {}, (opened) => {
  test('says so, keeps what was written and shown, and goes on without a reload', async () => {
    const { page } = opened;
    await page.evaluate(() => document.body.setAttribute('data-loaded', 'once'));
    await page.click('[data-id="pod:shop/visitor"]');
    await page.click('text=shell in curl');
    const screen = page.locator('.terminal-view:not([hidden]) .xterm-rows');
    await screen.filter({ hasText: '$' }).waitFor();
    await page.click('[role=tab]:has-text("Send")');
    await page.fill('#end-from', 'shop/visitor');
    await page.fill('#end-to', 'node/worker-1');
    await page.check('input[name=protocol][value=icmp]', { force: true });
    await page.click('.send');
    await page.waitForSelector('.verdict-word');
    await page.fill('#end-to', 'half a na');

    await opened.kill();
    await page.waitForSelector('.link.bad');
    await page.waitForSelector('.lost-banner');
    await screen.filter({ hasText: 'connection is lost' }).waitFor();
    await page.click('.send');
    await page.waitForSelector('[role=alert]:has-text("server")');
    expect(await page.inputValue('#end-to')).toBe('half a na');
    expect(await page.locator('.verdict-word').count()).toBe(1);

    await opened.start();
    await page.waitForSelector('.link.good');
    await page.waitForSelector('.lost-banner', { state: 'detached' });
    await page.waitForSelector('[data-id="pod:shop/visitor"] .sign.good');
    expect(await page.getAttribute('body', 'data-loaded')).toBe('once');
    expect(await page.inputValue('#end-to')).toBe('half a na');
    expect(await page.locator('.verdict-word').count()).toBe(1);
    await page.fill('#end-to', 'shop/store-0');
    await page.click('.send');
    await page.waitForSelector('.send:not([disabled])');
    expect(await page.textContent('.verdict-word')).toContain('delivered');
  }, 40_000);
});
