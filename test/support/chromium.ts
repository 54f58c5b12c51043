import { type Browser, chromium } from 'playwright-core';
import { findChromium } from './chromium-path.mjs';

/** A real Chromium without a window. `npm test` brings one up where there is none; here it must exist already. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium found: run `npm test -- browser`, or set CARILLON_CHROMIUM.');
  // Chromium's sandbox does not start for root, which is what a container usually runs as; the pages are our own.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
