// examples/next-app between real browsers, as built for production and in development.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { launchChromium } from '../support/chromium.js';
import { bounded, once, promptly } from '../support/compat/wait.js';
import { freePort, type NextProcess, NextProject } from '../support/next-project.js';
import { keepScreenshots } from '../support/screenshots.js';

const output = fileURLToPath(new URL('../../test-output/next-app/', import.meta.url));
const source = fileURLToPath(new URL('../../examples/next-app', import.meta.url));

let browser: Browser;
let project: NextProject;
let complaints: string[];

beforeAll(async () => {
  mkdirSync(output, { recursive: true });
  [browser, project] = await Promise.all([launchChromium(), NextProject.copyOf(source)]);
});

beforeEach(() => {
  complaints = [];
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  expect(complaints).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await project?.remove();
});

async function visit(url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return page;
}

/** Types into the field of this name and sends it. */
async function send(page: Page, field: string, text: string): Promise<void> {
  await page.getByLabel(field).fill(text);
  await page.getByLabel(field).press('Enter');
}

const message = (page: Page, text: string, from: string) => page.getByText(`${text} said ${from}`).waitFor();

async function useEverything(url: string): Promise<Page[]> {
  const pages = [await visit(url), await visit(url)];
  for (const page of pages) await page.getByText('connected, 2 visitors').waitFor();
  const [first, second] = pages as [Page, Page];
  await send(first, 'Socket', 'Hello from the page');
  await send(second, 'Route handler', 'Posted to the route');
  await send(first, 'Server action', 'Submitted to the action');
  for (const page of pages) {
    await message(page, 'Hello from the page', 'a visitor');
    await message(page, 'Posted to the route', 'a route handler');
    await message(page, 'Submitted to the action', 'a server action');
    // Each once: one connection, one listener.
    expect(await page.getByRole('listitem').count()).toBe(3);
  }
  return pages;
}

describe('in production', () => {
  let server: NextProcess;

  beforeAll(async () => {
    await project.build();
    server = await project.run('server.mjs', [], { PORT: '0' });
  }, 600_000);

  it('emits from a page, a route handler and a server action', async () => {
    const [page] = await useEverything(server.url);
    await keepScreenshots(page!, join(output, 'production'));
  });

  it('ends by SIGTERM with pages open', async () => {
    const page = await visit(server.url);
    await page.getByText('connected, 1 visitor').waitFor();
    expect(await promptly(server.end(), 'the end')).toBe(0);
    await page.getByText('connecting', { exact: true }).waitFor();
  });
});

describe('in development', () => {
  let server: NextProcess;
  let port: number;

  const start = () => project.run('server.mjs', ['--dev'], { PORT: String(port) });

  beforeAll(async () => {
    port = await freePort();
    server = await start();
  }, 600_000);

  it('emits from a page, a route handler and a server action', async () => {
    const [page] = await useEverything(server.url);
    await keepScreenshots(page!, join(output, 'development'));
  });

  it('reloads what was changed, while the connection stays', async () => {
    const page = await visit(server.url);
    await page.getByText('connected, 1 visitor').waitFor();
    await send(page, 'Socket', 'Before the change');
    await message(page, 'Before the change', 'a visitor');
    const file = join(project.folder, 'app', 'page.jsx');
    writeFileSync(file, readFileSync(file, 'utf8').replace('One port, three ways to emit', 'Changed while you watch'));
    await page.getByRole('heading', { name: 'Changed while you watch' }).waitFor();
    // Had the page been loaded again, it would have forgotten this.
    await message(page, 'Before the change', 'a visitor');
    await page.getByText('connected, 1 visitor').waitFor();
  });

  it('serves hot reloading to a page that waited for the server to come back', async () => {
    const page = await visit('about:blank');
    const [socket] = await Promise.all([
      page.waitForEvent('websocket', (each) => !each.url().includes('/api/ws')),
      page.goto(server.url),
    ]);
    await page.close();
    expect(await bounded(server.end(), 'the end')).toBe(0);
    server = await start();
    const hot = new WebSocket(socket.url(), { origin: server.url });
    await bounded(once(hot, 'open'), 'hot reloading');
    hot.terminate();
  });
});
