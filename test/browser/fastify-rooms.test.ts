// examples/fastify-rooms between real browsers: signing in, being refused without, rooms.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import { http } from '../support/compat/http.js';
import { engineUrl } from '../support/compat/peers.js';
import { type ExampleProcess, startExample } from '../support/example-process.js';
import { cleanUp, knock } from '../support/fastify.js';
import { keepScreenshots } from '../support/screenshots.js';

const output = fileURLToPath(new URL('../../test-output/fastify-rooms/', import.meta.url));

let example: ExampleProcess;
let browser: Browser;
const pageErrors: string[] = [];

beforeAll(async () => {
  mkdirSync(output, { recursive: true });
  [example, browser] = await Promise.all([startExample('fastify-rooms'), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  const code = await example?.stop();
  expect([code, example.errors()]).toEqual([0, '']);
});

afterEach(async () => {
  await cleanUp();
  await Promise.all(browser.contexts().map((context) => context.close()));
  expect(pageErrors.splice(0)).toEqual([]);
});

async function visit(name: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  page.on('pageerror', (error) => pageErrors.push(String(error)));
  await page.goto(example.url);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(`${name}, connected`).waitFor();
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

const lines = (page: Page) => page.locator('#lines li').allInnerTexts();

it('answers a handshake without a token with 401, over both transports', async () => {
  const body = /No Authorization was found in request.cookies/;
  const polling = await http(engineUrl(example.url, 'polling'));
  expect([polling.status, polling.text]).toEqual([401, expect.stringMatching(body)]);
  const answer = await knock(example.url);
  expect(answer).toMatch(/^end: refused 401/);
  expect(answer).toMatch(body);
});

it('brings those in a room together, and nobody else', async () => {
  const [ada, grace, kay] = [await visit('Ada'), await visit('Grace'), await visit('Kay')];
  for (const page of [ada, grace]) {
    await page.getByRole('button', { name: 'kitchen' }).click();
    await page.getByRole('heading', { name: 'kitchen' }).waitFor();
  }
  await ada.getByText('Here: Ada, Grace').waitFor();
  await say(ada, 'Is there any coffee left?');
  await grace.getByText('Is there any coffee left?').waitFor();
  await say(grace, 'A fresh pot, just for you.');
  await ada.getByText('A fresh pot').waitFor();
  await kay.getByText('Here: Kay').waitFor();
  await say(kay, 'Hello, lobby?');
  await kay.getByText('Hello, lobby?').waitFor();

  expect(await lines(ada)).toEqual(['Ada\nIs there any coffee left?', 'Grace\nA fresh pot, just for you.']);
  expect(await lines(kay)).toEqual(['Kay\nHello, lobby?']);
  await keepScreenshots(ada, `${output}kitchen`);

  await grace.context().close();
  await ada.getByText('Here: Ada', { exact: true }).waitFor();
});

it('knows who it is after a reload, and forgets after signing out', async () => {
  const page = await visit('Ada');
  await page.reload();
  await page.getByText('Ada, connected').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Your name').waitFor();
  expect((await page.context().cookies()).filter(({ name }) => name === 'token')).toEqual([]);
  await keepScreenshots(page, `${output}login`);
});

it('shows markup as text', async () => {
  const page = await visit('Ada');
  await say(page, '<img src=x onerror=alert(1)>');
  await page.getByText('<img src=x onerror=alert(1)>').waitFor();
  expect(await page.locator('#lines img').count()).toBe(0);
});
