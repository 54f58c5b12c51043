import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Scenario } from '../support/compat/types.js';
import { differences } from './differences.js';
import { members } from './members.js';

const here = new URL('./', import.meta.url);
const themesOf = (folder: string) => readdirSync(new URL(folder, here)).map((file) => file.replace(/\.ts$/, ''));
const themes = themesOf('scenarios/');

async function all(folder = 'scenarios/'): Promise<Scenario[]> {
  const result: Scenario[] = [];
  // One after the other: the test environment does not link modules in parallel.
  for (const theme of themesOf(folder)) {
    const { scenarios = [] }: { scenarios?: Scenario[] } = await import(`./${folder}${theme}.js`);
    result.push(...scenarios);
  }
  return result;
}

describe('the suite itself', () => {
  test('has at least 150 scenarios, each with a name of its own', async () => {
    const names = (await all()).map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(150);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('touches every public member', async () => {
    const touched = new Set((await all()).flatMap(({ touches }) => touches));
    expect(members().filter((member) => !touched.has(member))).toEqual([]);
  });

  test('touches nothing that does not exist', async () => {
    const known = new Set(members());
    const unknown = (await all()).flatMap(({ name, touches }) =>
      touches.filter((member) => !known.has(member)).map((member) => `${name}: ${member}`),
    );
    expect(unknown).toEqual([]);
  });

  test('runs every theme', () => {
    const tested = readdirSync(here).filter((file) => file.endsWith('.test.ts'));
    expect(themes.filter((theme) => !tested.includes(`${theme}.test.ts`))).toEqual([]);
  });

  test('lists every accepted difference in docs/differences.md, and only for scenarios that exist', async () => {
    const page = new URL('../../docs/differences.md', here);
    const lines = existsSync(page) ? readFileSync(page, 'utf8').split('\n') : [];
    const names = new Set([...(await all()), ...(await all('client-scenarios/'))].map(({ name }) => name));
    for (const { scenarios, reason } of differences) {
      expect(scenarios.filter((name) => !names.has(name))).toEqual([]);
      expect(reason).not.toBe('');
      expect(lines.filter((line) => line.includes(reason))).toHaveLength(1);
    }
  });
});
