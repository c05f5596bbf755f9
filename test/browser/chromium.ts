import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where a browser is on this machine; undefined when there is none. */
export const chromiumPath = PATHS.find((path) => existsSync(path));

/** True when a machine without a browser must fail the tests instead of skipping them. */
export const chromiumRequired = (process.env.PODNET_REQUIRE ?? '').split(',').includes('chromium');

/** Starts the browser. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath ?? '/usr/bin/chromium', args: ARGS });
}
