import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './describe-page.js';

describePage('the pod inspector', { viewport: { width: 1280, height: 720 } }, (opened) => {
  let page: Page;

  beforeAll(() => {
    page = opened.page;
  });

  async function inspect(pod: string, tab: string): Promise<void> {
    await page.click(`[data-id^="pod:${pod}"]`);
    await page.click(`.inspector-tabs [role=tab]:has-text("${tab}")`);
  }

  async function screenHas(text: string | RegExp): Promise<void> {
    await page
      .locator('.terminal-view:not([hidden]) .xterm-rows')
      .filter({ hasText: text })
      .waitFor();
  }

  async function answer(): Promise<string> {
    return (await page.textContent('.inspector-answer')) ?? '';
  }

  test('opens a shell that echoes, completes, says its exit code and starts again', async () => {
    await inspect('shop/visitor', 'Overview');
    await page.click('text=shell in curl');
    await screenHas('$');
    await page.keyboard.type('echo sum-$((40+2)); cat /etc/os-rel\t\n');
    await screenHas('sum-42');
    await screenHas('Alpine Linux');
    await page.keyboard.type('exit 7\n');
    await screenHas('exit code 7');
    await page.keyboard.press('Enter');
    await page.keyboard.type('echo again\n');
    await screenHas('again');
  }, 40_000);

  test('leaves the terminal with F6, and Escape belongs to the shell', async () => {
    await page.click('.terminal-view:not([hidden]) .xterm-screen');
    await page.keyboard.press('Escape');
    expect(await page.textContent('.details-panel h2')).toBe('visitor');
    await page.keyboard.press('F6');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('tab');
  });

  test('opens a shell on a node in a pod that goes with the terminal', async () => {
    await page.click('[data-id="node:worker-1"]', { position: { x: 14, y: 14 } });
    await page.click('text=shell on the node');
    await screenHas('root@worker-1');
    await page.keyboard.type('ip -br addr show cni0\n');
    await screenHas('10.244.1.1/24');
    await page.waitForSelector('[data-id^="pod:default/node-debugger-worker-1"]');
    await page.click('[aria-label="Close the terminal of worker-1"]');
    await page.waitForSelector('[data-id^="pod:default/node-debugger-worker-1"]', {
      state: 'detached',
    });
  }, 40_000);

  test('says what a bind would answer, with the holder and the errno, and binds nothing', async () => {
    await inspect('shop/web-', 'Ports');
    await page.fill('.bind-port', '80');
    await page.click('text=ask the kernel');
    await page.waitForSelector('.inspector-answer.bad');
    expect(await answer()).toContain('EADDRINUSE');
    expect(await answer()).toContain('nginx');
    await page.fill('.bind-port', '81');
    await page.click('text=ask the kernel');
    await page.waitForSelector('.inspector-answer.good');
    expect(await answer()).toContain('bind(2) of 0.0.0.0:81/tcp succeeds');
    await page.fill('.bind-port', '99999');
    await page.click('text=ask the kernel');
    await page.waitForSelector('.section [role=alert]');
    expect(await page.textContent('.section [role=alert]')).toContain('0 to 65535');
  });

  test('sends to a queue and receives by priority; another pod sees nothing', async () => {
    const press = async (verb: string) => {
      await page.click(`.queue-form button:text-is("${verb}")`);
    };
    const said = (text: string) =>
      page.locator('.inspector-answer').filter({ hasText: text }).waitFor();
    await inspect('shop/visitor', 'Queues');
    await page.fill('.queue-name', '/jobs');
    await press('create');
    await said('room for 10 messages');
    for (const [text, priority] of [
      ['low', '1'],
      ['high', '9'],
    ] as const) {
      await page.fill('.queue-text', text);
      await page.fill('.queue-priority', priority);
      await press('send');
      await said(`priority ${priority}`);
    }
    await page.waitForSelector('td:has-text("2 of 10")');
    await press('receive');
    await page.locator('.queue-got').filter({ hasText: 'high' }).waitFor();
    await press('receive');
    await page.locator('.queue-got').filter({ hasText: 'low' }).waitFor();
    await press('receive');
    await said('EAGAIN');
    await inspect('shop/store-0', 'Queues');
    await page.fill('.queue-name', '/jobs');
    await press('receive');
    await said('ENOENT');
  }, 40_000);

  test('follows a log, searches it and stops for reading', async () => {
    await inspect('shop/visitor', 'Logs');
    const lines = page.locator('.log-view pre');
    await lines.filter({ hasText: 'web 200' }).waitFor();
    await page.fill('.log-search', 'no such line');
    await lines.filter({ hasText: 'no line has that' }).waitFor();
    await page.fill('.log-search', '');
    await page.click('.log-view button:text-is("pause")');
    const before = await lines.textContent();
    await page.locator('.log-view').filter({ hasText: 'lines more' }).waitFor();
    expect(await lines.textContent()).toBe(before);
    await page.click('.log-view button:text-is("resume")');
    await page.locator('.log-view').filter({ hasNotText: 'lines more' }).waitFor();
  }, 40_000);
});
