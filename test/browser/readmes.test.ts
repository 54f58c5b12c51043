// The documents of carillon/next and carillon/react, followed from an empty folder with the package as `npm pack` makes
// it, into a real browser. The others are in test/package/readmes.test.ts.
import { readFileSync, renameSync } from 'node:fs';
import { join, parse } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.js';
import { bounded } from '../support/compat/wait.js';
import { freePort } from '../support/next-project.js';
import { type Program, Project } from '../support/project.js';
import { NEW_MANIFEST, Readme } from '../support/readme.js';

let browser: Browser;
let project: Project;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser?.close());

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await project.remove();
  expect(complaints.splice(0)).toEqual([]);
});

async function follow(readme: Readme, port: number): Promise<void> {
  project = await Project.with(readme.packages);
  project.write('package.json', NEW_MANIFEST);
  for (const command of readme.manifestCommands) await project.run(command);
  for (const { file, code } of readme.files) project.write(file, code.replaceAll('3000', String(port)));
}

async function visit(url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(120_000);
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  return page;
}

it('integrations/react/README.md', async () => {
  const readme = new Readme('integrations/react/README.md');
  const port = await freePort();
  await follow(readme, port);
  await project.run(readme.command('npx esbuild page.jsx --bundle --format=esm --jsx=automatic --outfile=page.js'));
  const server = project.start(`exec ${readme.command('node server.mjs')}`);
  await bounded(listening(server, port), 'the server to listen');
  const pages = [await visit(`http://localhost:${port}`), await visit(`http://localhost:${port}`)];
  for (const page of pages) await page.getByText('connected', { exact: true }).waitFor();
  await pages[0]!.getByRole('button', { name: 'Say hello' }).click();
  for (const page of pages) await page.getByText('hello', { exact: true }).waitFor();
  expect(server.output()).toBe('');
});

it('integrations/next/README.md', async () => {
  const readme = new Readme('integrations/next/README.md');
  const port = await freePort();
  await follow(readme, port);
  linkedPackages();
  // One or the other, as the document has it.
  const own = ['server.mjs', 'instrumentation.js'].map((name) => join(project.folder, name)) as [string, string];
  renameSync(own[1], `${own[1]}.later`);
  const environment = { PORT: String(port) };

  const development = project.start(`exec ${readme.command('node server.mjs')}`, environment);
  await bounded(development.printed(/listening at/), 'the development server', 300_000);
  await showsNews(readme, port);
  expect(await bounded(development.end(), 'the end')).toBe(0);

  await project.run(readme.command('npx next build'));
  readme.command('NODE_ENV=production node server.mjs');
  const production = project.start('exec node server.mjs', { ...environment, NODE_ENV: 'production' });
  await bounded(production.printed(/listening at/), 'the server for production', 300_000);
  await showsNews(readme, port);
  expect(await bounded(production.end(), 'the end')).toBe(0);

  renameSync(own[0], `${own[0]}.away`);
  renameSync(`${own[1]}.later`, own[1]);
  const instrumented = project.start(`exec ${readme.command('npx next dev')} --port ${port}`, environment);
  await bounded(instrumented.printed(/Ready/), 'next dev', 300_000);
  await showsNews(readme, port);
  await bounded(instrumented.end(), 'the end');
}, 600_000);

/** The packages are linked from elsewhere, which bundlers do not follow on their own. */
function linkedPackages(): void {
  const [file, own] = ['next.config.mjs', 'next.config.own.mjs'];
  const root = JSON.stringify(parse(project.folder).root);
  renameSync(join(project.folder, file), join(project.folder, own));
  expect(readFileSync(join(project.folder, own), 'utf8')).toContain('withCarillon');
  project.write(
    file,
    `import config from './${own}';
     export default { ...config, turbopack: { ...config.turbopack, root: ${root} }, outputFileTracingRoot: ${root} };`,
  );
}

/** The page connects and shows what the server says, and what the route handler and the server action emit. */
async function showsNews(readme: Readme, port: number): Promise<void> {
  const page = await visit(`http://localhost:${port}`);
  await page.getByText('connected: welcome', { exact: true }).waitFor();
  await project.run(
    readme.command(`curl -d 'Tea is ready' http://localhost:3000/api/news`).replace('3000', String(port)),
  );
  await page.getByText('connected: welcome, Tea is ready', { exact: true }).waitFor();
  await page.getByLabel('News').fill('and cake');
  await page.getByLabel('News').press('Enter');
  await page.getByText('connected: welcome, Tea is ready, and cake', { exact: true }).waitFor();
  await page.context().close();
}

/** Resolves when something answers. */
async function listening(server: Program, port: number): Promise<void> {
  let ended = false;
  void server.exited.then(() => {
    ended = true;
  });
  for (;;) {
    const answer = await fetch(`http://localhost:${port}`).catch(() => undefined);
    if (answer !== undefined) return;
    if (ended) throw new Error(`ended:\n${server.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
