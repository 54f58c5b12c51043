import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { findChromium } from './chromium-path.mjs';

/** A real Chromium without a window. `npm test` brings one up where there is none; here it must exist already. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch(options());
}

/** A real Chromium whose pages get third-party cookies, as in browsers that do not block them. */
export async function launchWithThirdPartyCookies(
  ...args: string[]
): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), 'carillon-chromium-'));
  mkdirSync(join(profile, 'Default'));
  // There is no switch for it.
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } };
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(profile, { ...options(args), ignoreHTTPSErrors: true });
  return {
    context,
    async close() {
      await context.close();
      // The last of its processes may still be writing.
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

function options(args: string[] = []): { executablePath: string; args: string[] } {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium found: run `npm test -- browser`, or set CARILLON_CHROMIUM.');
  // Chromium's sandbox does not start for root, which is what a container usually runs as; the pages are our own.
  return { executablePath, args: ['--no-sandbox', ...args] };
}
