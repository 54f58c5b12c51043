// examples/nestjs-chat between real browsers, on both platforms of Nest: guards, validation, rooms, emitting from HTTP.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import { http } from '../support/compat/http.js';
import { type ExampleProcess, startExample } from '../support/example-process.js';
import { keepScreenshots } from '../support/screenshots.js';

const output = fileURLToPath(new URL('../../test-output/nestjs-chat/', import.meta.url));

let browser: Browser;

beforeAll(async () => {
  mkdirSync(output, { recursive: true });
  browser = await launchChromium();
});

afterAll(() => browser?.close());

describe.each(['express', 'fastify'])('the chat of Nest gateways on %s', (platform) => {
  const pageErrors: string[] = [];
  let example: ExampleProcess;

  beforeAll(async () => {
    process.env.PLATFORM = platform;
    example = await startExample('nestjs-chat');
    delete process.env.PLATFORM;
  });

  afterAll(async () => {
    // With a browser still connected, it must end at once and without a complaint.
    await open('Last');
    const code = await example.stop();
    expect([code, example.errors()]).toEqual([0, '']);
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    expect(pageErrors.splice(0)).toEqual([]);
  });

  async function knock(name: string): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    page.on('pageerror', (error) => pageErrors.push(String(error)));
    await page.goto(example.url);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Come in' }).click();
    return page;
  }

  async function open(name: string): Promise<Page> {
    const page = await knock(name);
    await page.getByText(`${name}, connected`).waitFor();
    await page.getByText(/^Here: /).waitFor();
    return page;
  }

  async function say(page: Page, text: string): Promise<void> {
    await page.getByLabel('Message').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  }

  const lines = (page: Page) => page.locator('#lines li').allInnerTexts();

  it('brings those in a room together, tells everybody a notice, and knows who left', async () => {
    const [ada, grace, kay] = [await open('Ada'), await open('Grace'), await open('Kay')];
    for (const page of [ada, grace]) await page.getByRole('button', { name: 'kitchen' }).click();
    await ada.getByText('Here: Ada, Grace', { exact: true }).waitFor();
    await kay.getByText('Here: Kay', { exact: true }).waitFor();
    await say(ada, 'Is there any coffee left?');
    await grace.getByText('Is there any coffee left?').waitFor();
    await say(grace, 'A fresh pot, just for you.');
    await ada.getByText('A fresh pot').waitFor();

    const answer = await http(`${example.url}/notices`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'Tea is ready' }),
    });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([202, { told: 3 }]);
    for (const page of [ada, kay]) await page.getByText('Tea is ready').waitFor();
    expect(await lines(ada)).toEqual([
      'Ada\nIs there any coffee left?',
      'Grace\nA fresh pot, just for you.',
      'Notice\nTea is ready',
    ]);
    expect(await lines(kay)).toEqual(['Notice\nTea is ready']);
    await keepScreenshots(ada, `${output}kitchen-${platform}`);

    await grace.context().close();
    await ada.getByText('Here: Ada', { exact: true }).waitFor();
  });

  it('refuses a name that is taken, or is none, with the words of the guard', async () => {
    await open('Ada');
    const second = await knock('Ada');
    await second.getByText('Ada is here already.').waitFor();
    await second.getByLabel('Your name').fill('<b>');
    await second.getByRole('button', { name: 'Come in' }).click();
    await second.getByText('A name has 2 to 20 letters.').waitFor();
    await keepScreenshots(second, `${output}refused-${platform}`);
    await second.getByLabel('Your name').fill('Grace');
    await second.getByRole('button', { name: 'Come in' }).click();
    await second.getByText('Grace, connected').waitFor();
  });

  it('shows what the validation has to say, and keeps the connection', async () => {
    const page = await open('Kay');
    await say(page, 'x'.repeat(201));
    await page.getByText('text must be shorter than or equal to 200 characters').waitFor();
    await keepScreenshots(page, `${output}invalid-${platform}`);
    await say(page, 'short');
    await page.locator('#lines li', { hasText: 'short' }).waitFor();
    expect(await page.locator('#problem').textContent()).toBe('');
  });
});
