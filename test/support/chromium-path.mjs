// Where a working Chromium is; brings one up on a machine that has none. Plain JavaScript, because test/run.mjs needs it.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const cache = fileURLToPath(new URL('../../node_modules/.cache/carillon/chromium', import.meta.url));
const wrapper = join(cache, 'chromium.sh');
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Some packages are only a script that says where to get the real one, so the proof is that it answers. */
function works(path) {
  try {
    return /\d+\.\d+/.test(execFileSync(path, ['--version'], { encoding: 'utf8', stdio: 'pipe', timeout: 60_000 }));
  } catch {
    return false;
  }
}

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

/** The first of: CARILLON_CHROMIUM, the PATH, Playwright's own download, what we unpacked before; undefined if there is none. */
export function findChromium() {
  if (process.env.CARILLON_CHROMIUM) return process.env.CARILLON_CHROMIUM;
  const candidates = [...names.map(onPath), chromium.executablePath(), wrapper];
  return candidates.find((path) => path !== undefined && existsSync(path) && works(path));
}

const run = (command, args) =>
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 15 * 60_000 });
const apt = (...args) => run('apt-get', ['-q', ...args]);

/** The distribution's package, where we may install it. */
function installWithApt() {
  process.env.DEBIAN_FRONTEND = 'noninteractive';
  apt('update');
  apt('install', '-y', '--no-install-recommends', 'chromium');
}

/** The same packages without being root: downloaded into our cache folder, unpacked there, started through a wrapper. */
function unpackWithApt() {
  const state = join(cache, 'apt');
  const tree = join(cache, 'root');
  for (const folder of ['lists/partial', 'archives/partial']) mkdirSync(join(state, folder), { recursive: true });
  mkdirSync(tree, { recursive: true });
  const own = [`Dir::State::lists=${state}/lists`, `Dir::Cache=${state}`, 'Debug::NoLocking=true'];
  const options = own.flatMap((option) => ['-o', option]);
  apt(...options, 'update');
  apt(...options, 'install', '-y', '--no-install-recommends', '--download-only', 'chromium');
  const archives = join(state, 'archives');
  for (const file of readdirSync(archives)) {
    if (file.endsWith('.deb')) run('dpkg', ['-x', join(archives, file), tree]);
  }
  rmSync(state, { recursive: true });
  const libraries = execFileSync('find', [tree, '-name', '*.so*', '-printf', '%h\n'], { encoding: 'utf8' });
  const folders = [...new Set(libraries.trim().split('\n'))].join(':');
  const fonts = join(cache, 'fonts.conf');
  writeFileSync(
    fonts,
    `<fontconfig><dir>/usr/share/fonts</dir><dir>${tree}/usr/share/fonts</dir><cachedir>${cache}/fonts</cachedir></fontconfig>`,
  );
  writeFileSync(
    wrapper,
    `#!/bin/sh
export FONTCONFIG_FILE='${fonts}' LD_LIBRARY_PATH='${folders}'
exec '${tree}/usr/lib/chromium/chromium' "$@"
`,
  );
  chmodSync(wrapper, 0o755);
}

/** The build Playwright offers for download, for systems whose packages have no Chromium (Ubuntu, macOS). */
function downloadWithPlaywright() {
  const cli = fileURLToPath(new URL('../../node_modules/playwright-core/cli.js', import.meta.url));
  run(process.execPath, [cli, 'install', ...(process.getuid?.() === 0 ? ['--with-deps'] : []), 'chromium']);
}

/**
 * The path of a Chromium that starts; installs one where it can.
 * @param {(line: string) => void} say told what is being done, since it can take a minute
 * @throws {Error} one line that says what to install
 */
export async function provideChromium(say) {
  const found = findChromium();
  if (found) return found;
  const isRoot = process.getuid?.() === 0;
  const ways = [...(onPath('apt-get') ? [isRoot ? installWithApt : unpackWithApt] : []), downloadWithPlaywright];
  for (const way of ways) {
    say(`No Chromium found: ${way.name} …`);
    try {
      way();
    } catch (error) {
      say(`${way.name}: ${reason(error)}`);
    }
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error(
    'The browser tests need Chromium: install it (Debian: apt-get install chromium) or set CARILLON_CHROMIUM to the path of one.',
  );
}

/** The line of a failed command's output that says why. */
function reason(error) {
  const lines = String(error.stderr || error.message).split('\n');
  return (lines.find((line) => /error|^E:/i.test(line)) ?? lines[0]).trim();
}
