import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describePage } from './describe-page.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly html: string }[];
}

/** What axe has against the page as it stands: rule, place and the beginning of the markup. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(AXE);
  const findings = await page.evaluate<Finding[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)}, resultTypes: ['violations'] }).then((r) => r.violations)`,
  );
  return findings.flatMap(({ id, nodes }) =>
    nodes.map(({ target, html }) => `${id} at ${target.join(' ')}: ${html.slice(0, 120)}`),
  );
}

/** Ways to the states of the page, each from the one before; a state is closed by the next one's first step. */
const STATES: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
  ['the sample', async () => undefined],
  ...['Overview', 'Namespaces', 'Ports', 'Queues', 'Network', 'Capture', 'Logs', 'YAML'].map(
    (tab) => [`the pod inspector: ${tab}`, (page: Page) => inspect(page, tab)] as const,
  ),
  [
    'a captured packet',
    async (page) => {
      await inspect(page, 'Capture');
      await page.click('.capture-form button[type=submit]');
      await page.click('.capture-line >> nth=0');
      await page.waitForSelector('.capture-packet .envelope');
    },
  ],
  [
    'what changes a pod',
    async (page) => {
      await inspect(page, 'Overview');
      await page.click('.vertex-actions button:has-text("change")');
    },
  ],
  [
    'the life of a pod',
    async (page) => {
      await page.click('.journey-play button');
      await page.click('.journey-steps .step:has-text("cni add")');
      await page.waitForSelector('.artefact-tabs [aria-selected=true]:has-text("Environment")');
    },
  ],
  ['a trace that arrives', (page) => trace(page, 'svc/shop/web:80')],
  ['a trace that is dropped', (page) => trace(page, '10.99.99.99:80')],
  ['the octets of a step', (page) => page.click('.player button:has-text("octets")')],
  ['two traces side by side', (page) => page.click('.player button:has-text("compare")')],
  [
    'what would make it arrive',
    async (page) => {
      await page.keyboard.press('Escape');
      await trace(page, 'svc/shop/web:81');
      await page.click('.player .suggest-ask');
      await page.waitForSelector('.suggest-card');
    },
  ],
  [
    'what happens next',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog[open]', { state: 'detached' });
      await page.selectOption('.predict-switch select', 'class');
      await page.click('button[title^="To the end"]');
      await page.waitForSelector('.predict-card');
    },
  ],
  ['what happened', (page) => page.click('.predict-end button >> nth=-1')],
  [
    'the list of keys',
    async (page) => {
      await page.selectOption('.predict-switch select', 'off');
      await page.keyboard.press('Escape');
      await page.keyboard.press('?');
      await page.waitForSelector('.keys-dialog');
    },
  ],
  ['the share menu', (page) => menu(page, '.share-menu > button')],
  ['states and faults', (page) => menu(page, '.states > button')],
  ['the themes', (page) => menu(page, '.themes > button')],
  ['the facts of the cluster', (page) => menu(page, '.cluster-facts > button')],
  [
    'the editor with an error',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.click('text=Apply manifest');
      await page.waitForSelector('.cm-content');
      await page.fill('.cm-content', 'apiVersion: v1\nkind: Pood\n');
      await page.keyboard.press('Control+Enter');
      await page.waitForSelector('.report-problem');
    },
  ],
  [
    'a terminal',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', { state: 'detached' });
      await inspect(page, 'Overview');
      await page.click('text=shell in curl');
      await page.waitForSelector('.xterm-rows:has-text("$")');
    },
  ],
  [
    'a node, the dock and the terminal',
    async (page) => {
      await page.focus('[data-id="node:worker-1"]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.details-panel h2:has-text("worker-1")');
    },
  ],
  ['the hidden dock', (page) => page.click('.dock-toggle')],
  [
    'no connection',
    async (page) => {
      await page.route('**/socket.io/**', (route) => route.abort());
      await page.routeWebSocket('**/socket.io/**', (socket) => socket.close());
      await page.reload();
      await page.waitForSelector('.lost-banner');
    },
  ],
];

async function inspect(page: Page, tab: string): Promise<void> {
  await page.focus('[data-id="pod:shop/visitor"]');
  await page.keyboard.press('Enter');
  await page.click(`.inspector-tabs [role=tab]:has-text("${tab}")`);
  await page.waitForSelector('.inspector-part > *');
}

async function trace(page: Page, to: string): Promise<void> {
  await page.click('[role=tab]:has-text("Send")');
  await page.fill('#end-from', 'shop/visitor');
  await page.fill('#end-to', to);
  await page.click('.send');
  await page.waitForSelector('.send:not([disabled])');
  await page.click('button[title^="To the end"]');
}

async function menu(page: Page, button: string): Promise<void> {
  await page.keyboard.press('Escape');
  await page.click(button);
}

/** The suite of one theme: axe finds nothing in any state. */
export function describeAxe(theme: 'light' | 'dark' | 'projector'): void {
  // What moves has no contrast of its own while it moves.
  const options = { hash: `#theme=${theme}`, reducedMotion: 'reduce' } as const;
  describePage(`axe in the ${theme} theme`, options, (opened) => {
    test.each(STATES)('finds nothing in the state: %s', async (_name, reach) => {
      await reach(opened.page);
      await opened.page.waitForTimeout(150);
      expect(await axeFindings(opened.page)).toEqual([]);
    });
  });
}
