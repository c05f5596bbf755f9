import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './describe-page.js';

/** HTML, a colour of a terminal, a bell and a sign that turns the direction of writing, wherever free text may stand. */
const HTML =
  '<img src=x onerror="document.title=`broken`"><script>document.title=`broken`</script>';
const POD = `apiVersion: v1
kind: Pod
metadata:
  name: odd
  annotations:
    note: '${HTML}'
spec:
  containers:
    - name: says
      image: busybox:1.36
      command: [sh, -c, 'printf "\\033[31mred\\033[0m \\007\\342\\200\\256 %s\\n" "$TEXT"; sleep 3600']
      env: [{ name: TEXT, value: '${HTML}' }]
    - name: no-image
      image: '${HTML}'
`;
/** Ten to the ninth elements, if somebody follows all aliases. */
const BOMB = `a: &a [x,x,x,x,x,x,x,x,x,x]
${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
  .map((name, index) => {
    const before = `*${'abcdefgh'[index]}`;
    return `${name}: &${name} [${Array(10).fill(before).join(',')}]`;
  })
  .join('\n')}
kind: ConfigMap
`;

describePage('the page with what nobody should write', {}, (opened) => {
  let page: Page;

  beforeAll(() => {
    page = opened.page;
  });

  /** The page goes on: it follows the cluster, and nothing that was written became part of it. */
  async function isWell(): Promise<void> {
    await page.waitForSelector('.link.good');
    expect(await page.title()).not.toBe('broken');
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    const drawn = page.locator('[data-id="pod:shop/visitor"]');
    expect(await drawn.count()).toBe(1);
  }

  /** Puts text on a clipboard of its own and pastes it where the keyboard is. */
  async function paste(selector: string, text: string): Promise<void> {
    await page.locator(selector).evaluate((element, pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', pasted);
      element.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
      );
    }, text);
  }

  async function write(text: string): Promise<void> {
    if ((await page.locator('.cm-content').count()) === 0) {
      await page.click('text=Apply manifest');
      await page.waitForSelector('.cm-content');
    }
    await page.click('.cm-content');
    await page.keyboard.press('Control+a');
    await paste('.cm-content', text);
  }

  test('is served with headers that let no foreign script in', async () => {
    const answer = await page.request.get(opened.url);
    const headers = answer.headers();
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe-eval');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('shows HTML and control characters in annotations, images and logs as text', async () => {
    await write(POD);
    await page.keyboard.press('Control+Enter');
    await page.click('[data-id="pod:default/odd"]');
    await page.waitForSelector('.details-panel:has-text("InvalidImageName")');
    for (const tab of await page.locator('.inspector-tabs [role=tab]').all()) await tab.click();
    await page.click('.inspector-tabs [role=tab]:has-text("Logs")');
    await page.selectOption('.log-view select', 'says');
    const log = page.locator('.log-view pre').filter({ hasText: 'onerror' });
    await log.waitFor();
    expect(await log.textContent()).toContain(HTML);
    await isWell();
  });

  test('takes anything in its fields', async () => {
    const texts = [HTML, '\\', '[', '*', '\u0000\u202e', 'x'.repeat(200_000), '__proto__'];
    for (const text of texts) {
      await page.fill('.find', text);
      await page.waitForSelector('.match-count');
    }
    await page.fill('.find', '');
    await page.click('[role=tab]:has-text("Send")');
    for (const text of texts) {
      await page.fill('#end-from', text);
      await page.fill('#end-to', 'shop/visitor');
      await page.click('.send');
      await page.waitForSelector('.send:not([disabled])');
      await page.waitForSelector('.trace-form [role=alert]');
    }
    await isWell();
  });

  test('says what is wrong with a text whose aliases never end, and with one of five megabytes', async () => {
    await write(BOMB);
    await page.waitForSelector('.check-line:has-text("▲")');
    await write(`data: "${'x'.repeat(5_000_000)}"`);
    await page.click('dialog button:has-text("Dry run")');
    await page.waitForSelector('dialog .error:has-text("MB")');
    await write('kind: ConfigMap');
    await page.waitForSelector('.check-line:has-text("apiVersion")');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    await isWell();
  });

  test('opens with any garbage after # and in what the browser kept', async () => {
    await page.evaluate(() => {
      const keys = ['pins', 'trace-draft', 'playback', 'layers', 'traffic', 'theme', 'dock.width'];
      const values = ['{', '[[["', '{"__proto__":1}', 'null', '"x"', '1e999', '[1,2]', '{"a":{}}'];
      for (const [index, key] of keys.entries()) {
        localStorage.setItem(`podnet.${key}`, values[index % values.length] ?? '');
      }
      localStorage.setItem('podnet.terminal.height', '{"a":1}');
    });
    for (const hash of [
      '#%00%ff%E0%A4%A',
      '#select=__proto__&view=NaN,1e999,-1,0&from=%3Cimg%20src=x%20onerror=1%3E&layers=constructor',
      `#select=${'x'.repeat(50_000)}&theme=constructor`,
      '#view=0,0,0.0000001,0.0000001',
    ]) {
      await page.goto(`${opened.url}/?${Math.random()}${hash}`);
      await page.waitForSelector('[data-id="pod:shop/visitor"]');
      await isWell();
    }
    await page.evaluate(() => localStorage.clear());
    await page.goto(opened.url);
    await page.waitForSelector('[data-id="pod:shop/visitor"] .sign.good');
  });

  test('takes a megabyte that is pasted into a terminal, and the shell goes on', async () => {
    await page.click('[data-id="pod:shop/visitor"]');
    await page.click('text=shell in curl');
    const screen = page.locator('.terminal-view:not([hidden]) .xterm-rows');
    await screen.filter({ hasText: '$' }).waitFor();
    await paste('.terminal-view:not([hidden]) textarea', '# '.repeat(500_000));
    await page.waitForTimeout(500);
    await page.keyboard.press('Control+c');
    await page.keyboard.type('\necho sum-$((40+2))\n');
    await screen.filter({ hasText: 'sum-42' }).waitFor();
    await isWell();
  }, 30_000);
});
