import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './describe-page.js';

const TWINS = readFileSync('labs/port-conflict.yaml', 'utf8');
const POD = '[data-id="pod:default/twins"]';

describePage('the life of a pod on the page', {}, (opened) => {
  let page: Page;

  beforeAll(() => {
    page = opened.page;
  });

  async function tab(name: string): Promise<void> {
    await page.click(`.inspector-tabs [role=tab]:has-text("${name}")`);
  }

  async function position(): Promise<string> {
    return (await page.textContent('.player .count')) ?? '';
  }

  async function goTo(step: string): Promise<void> {
    await page.click(`.journey-steps .step:has-text("${step}") >> nth=0`);
  }

  async function podIp(): Promise<string> {
    await tab('Overview');
    const fact = page.locator('.section dl > div').filter({ hasText: 'pod IP' }).locator('dd');
    return (await fact.first().textContent()) ?? '';
  }

  test('the port map names who lost a port to whom, with the errno', async () => {
    await page.click('text=Apply manifest');
    await page.waitForSelector('.cm-content');
    await page.fill('.cm-content', TWINS);
    await page.keyboard.press('Control+Enter');
    await page.waitForSelector(`${POD} .sign.bad`);
    await page.click(POD);
    await tab('Ports');
    const conflict = page.locator('.port-conflict');
    await conflict.waitFor();
    expect(await conflict.textContent()).toMatch(
      /second wanted 0\.0\.0\.0:80\/tcp.*EADDRINUSE.*held by ● first \(pid \d+\)/,
    );
    expect(await page.textContent('.port-map li')).toContain('✱ any address 0.0.0.0 v4');
  }, 40_000);

  test('is played by keyboard, forward and back, with what can be read at each step', async () => {
    await tab('Overview');
    await page.click('.journey-play button:has-text("play it")');
    await page.keyboard.press('Home');
    expect(await position()).toMatch(/^1 \/ \d+/);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await position()).toMatch(/^3 \/ /);
    await page.keyboard.press('ArrowLeft');
    expect(await position()).toMatch(/^2 \/ /);
    await page.keyboard.press('o');
    await page.waitForSelector('.artefact-panel', { state: 'detached' });
    await page.keyboard.press('o');
    await page.waitForSelector('.artefact-panel');
    await goTo('scheduler bind');
    await page.waitForSelector('.artefact-body td:has-text("★ worker-")');
    await page.focus('.artefact-tabs [aria-selected=true]');
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('.artefact-tabs [aria-selected=true]:has-text("Scores")');
  }, 40_000);

  test('builds the pod up on the graph as it goes', async () => {
    await goTo('runtime clone');
    await page.waitForSelector(`${POD} .pause.running`);
    expect(await page.locator('g.edge.veth[data-id="veth:default/twins"]').count()).toBe(0);
    await page.waitForSelector('.artefact-body pre:has-text("CLONE_NEWNET")');
    await goTo('cni add');
    await page.waitForSelector('.artefact-tabs :text("Commands the plugins ran")');
    await page.click('.artefact-tabs :text("Commands the plugins ran")');
    await page.waitForSelector('.artefact-body pre:has-text("type veth peer")');
    await page.click('.player button[title^="Close"]');
    await page.waitForSelector('.player', { state: 'detached' });
  });

  test('shows a new sandbox with a new address after pause was killed', async () => {
    // nginx ends as soon as it is asked to.
    await page.click('[data-id^="pod:shop/web-"]');
    const before = await podIp();
    await page.click('.vertex-actions button:has-text("break")');
    await page.click('text=kill pause');
    await page.waitForSelector('.stage-why.bad:has-text("Pod sandbox changed")');
    await page.waitForFunction(
      (old) =>
        /^10\./.test(old) &&
        ![...document.querySelectorAll('.section dl > div')].some((row) => {
          const text = row.textContent ?? '';
          return text.startsWith('pod IP') && (text.includes(old) || text.includes('none'));
        }),
      before,
    );
    expect(await podIp()).toMatch(/^10\.244\./);
    await page.click('.journey-play button:has-text("play it")');
    await page.keyboard.press('End');
    await page.waitForSelector('.journey-steps .step:has-text("runtime clone") >> nth=1');
    await page.click('.player button[title^="Close"]');
  }, 40_000);

  test('packets are captured live, and one is opened header by header', async () => {
    await page.click('[data-id="pod:shop/visitor"]');
    await tab('Capture');
    await page.fill('.capture-filter', 'tcp port 80');
    await page.click('.capture-form button');
    await page.click('.capture-line >> nth=0');
    await page.waitForSelector('.capture-packet .envelope:has-text("TCP")');
    const saved = page.waitForEvent('download');
    await page.click('.capture-state button');
    expect((await saved).suggestedFilename()).toBe('pod-shop-visitor-eth0.pcapng');
    await page.click('.capture-form button');
    await page.fill('.capture-filter', 'tcp prot');
    await page.click('.capture-form button');
    await page.locator('.capture-view [role=alert]').filter({ hasText: 'syntax error' }).waitFor();
  }, 40_000);
});
