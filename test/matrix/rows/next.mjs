// The README of carillon/next at the lowest and the newest version of each major of Next, with React 18 and 19: followed
// word for word in a new folder, into a real browser. A custom server for development, then a build with
// instrumentation.js, served by `next start`; both with a page of hooks, a route handler and a server action.
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { provideChromium } from '../../support/chromium-path.mjs';

const readme = readFileSync(new URL('../../../integrations/next/README.md', import.meta.url), 'utf8');

/** The blocks of the README that are whole files, by their names. */
function readmeFiles() {
  const blocks = readme.matchAll(/^```\w+\n(\/\/ ([\w./[\]-]+\.\w+)\n[\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, code, file]) => [file, code]));
}

/** @throws Error when the README does not tell to run it. */
function told(command) {
  if (!readme.includes(command)) throw new Error(`integrations/next/README.md does not tell to run: ${command}`);
  return command;
}

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The page connects and shows what the server, the route handler and the server action say. */
async function showsNews(browser, url) {
  const page = await browser.newPage();
  try {
    page.setDefaultTimeout(120_000);
    const failed = new Promise((_resolve, reject) => page.on('pageerror', reject));
    const visit = async () => {
      await page.goto(url);
      await page.getByText('connected: welcome', { exact: true }).waitFor();
      const { status } = await fetch(`${url}/api/news`, { method: 'POST', body: 'Tea is ready' });
      if (status !== 204) throw new Error(`The route handler answered with ${status}`);
      await page.getByText('connected: welcome, Tea is ready', { exact: true }).waitFor();
      await page.getByLabel('News').fill('and cake');
      await page.getByLabel('News').press('Enter');
      await page.getByText('connected: welcome, Tea is ready, and cake', { exact: true }).waitFor();
    };
    await Promise.race([visit(), failed]);
  } finally {
    await page.close();
  }
}

const next = (version, react) => ({
  name: `Next ${version} with React ${react}`,
  area: 'frameworks',
  async run(place) {
    await place.run(told('npm init -y'));
    await place.run(told('npm pkg set type=module'));
    told('npm install carillon next react react-dom');
    await place.install('carillon', `next@${version}`, `react@${react}`, `react-dom@${react}`);
    const files = readmeFiles();
    for (const [file, code] of files) if (file !== 'instrumentation.js') place.write(file, code);
    const browser = await chromium.launch({ executablePath: await provideChromium(() => {}), args: ['--no-sandbox'] });
    try {
      const port = await freePort();
      const url = `http://localhost:${port}`;
      const serve = async (command, listening) => {
        const program = place.start(command, { env: { PORT: String(port) } });
        await program.printed(listening);
        try {
          await showsNews(browser, url);
        } catch (error) {
          throw new Error(`${error.message}\n\`${command}\` printed:\n${program.output()}`);
        }
        await program.end();
        if (/CARILLON|Unrecognized key|unhandled/i.test(program.output())) throw new Error(program.output());
      };
      await serve(told('node server.mjs'), /listening at/);
      place.write('instrumentation.js', files.get('instrumentation.js'));
      rmSync(join(place.folder, 'server.mjs'));
      await place.run(told('npx next build'));
      await serve(told('npx next start'), /Ready/);
    } finally {
      await browser.close();
    }
  },
});

export default [
  next('14.2.0', '18.2.0'),
  next('14.2', '18'),
  next('15.0.0', '18.2.0'),
  next('15', '19'),
  next('16.0.0', '19.0.0'),
  next('16', '19'),
];
