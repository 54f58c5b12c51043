// examples/cluster-redis in real browsers: whatever node a page's requests arrive at, everybody is in one pond.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import { type ExampleProcess, startExample } from '../support/example-process.js';
import { provideRedis } from '../support/servers/redis-path.mjs';

const output = fileURLToPath(new URL('../../test-output/cluster-redis/', import.meta.url));

let example: ExampleProcess;
let browser: Browser;
const pageErrors: string[] = [];

beforeAll(async () => {
  mkdirSync(output, { recursive: true });
  const redis = await provideRedis();
  Object.assign(process.env, redis.env, { REDIS_SERVER: redis.path });
  [example, browser] = await Promise.all([startExample('cluster-redis'), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  const code = await example?.stop();
  expect([code, example.errors(), pageErrors]).toEqual([0, '', []]);
});

async function visit(transport: string, viewport = { width: 1000, height: 700 }): Promise<Page> {
  const page = await browser.newPage({ viewport });
  page.setDefaultTimeout(120_000);
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.goto(`${example.url}?transport=${transport}`);
  await page.getByText(/^at node \d/).waitFor();
  return page;
}

it('shows every tap to everybody, over both transports, with a proxy that deals requests out in turn', async () => {
  const pages = [
    await visit('websocket'),
    await visit('polling', { width: 390, height: 760 }),
    await visit('polling'),
    await visit('websocket'),
  ];
  expect(await pages[1]!.locator('#status').textContent()).toMatch(/^at node [123], over long-polling$/);
  expect(await pages[3]!.locator('#status').textContent()).toMatch(/^at node [123], over WebSocket$/);
  for (const [index, page] of pages.entries()) {
    await page.mouse.click(100 + 60 * index, 250 + 70 * index);
    const seen = new RegExp(`^${index + 1} taps?, the last heard by node [123]$`);
    await Promise.all(pages.map((each) => each.getByText(seen).waitFor()));
    if (index === 1) await page.screenshot({ path: `${output}phone.png` });
    if (index === 3) await page.screenshot({ path: `${output}desktop.png` });
  }
  for (const page of pages) {
    const counts = await page.locator('#nodes b').allTextContents();
    expect(counts.reduce((sum, count) => sum + Number(count), 0)).toBe(pages.length);
  }
  for (const page of pages) await page.close();
});
