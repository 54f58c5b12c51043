import { appendFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { releaseOfficialTimers } from '../support/compat/official-timers.js';
import { pairName, run } from '../support/compat/run.js';
import { allModes, type Mode, type Pair, type Records, type Scenario } from '../support/compat/types.js';
import { differences } from './differences.js';
import { candidates, oracle } from './implementations.js';

releaseOfficialTimers();

/** A file to append the oracle's records to, for reading. */
const shown = process.env.COMPAT_SHOW;

/** How often each candidate is run; raise it to hunt for behaviour that is not the same every time. */
const repeats = Number(process.env.COMPAT_REPEAT ?? 1);

/** One test per scenario and mode: each pair must record what the oracle records. */
export function defineScenarios(theme: string, scenarios: readonly Scenario[]): void {
  describe(theme, () => {
    for (const scenario of scenarios) {
      for (const mode of scenario.modes ?? allModes) {
        test(`${scenario.name} [${mode}]`, () => compare(scenario, mode), 600_000);
      }
    }
  });
}

/** How much more time the rounds of a scenario about time get; see `Scenario.timed`. */
const timeScales = [1, 4, 16];

async function compare(scenario: Scenario, mode: Mode): Promise<void> {
  if (!scenario.timed) return compareOnce(scenario, mode, 1);
  for (const scale of timeScales) {
    try {
      return await compareOnce(scenario, mode, scale);
    } catch (error) {
      if (scale === timeScales.at(-1)) throw error;
    }
  }
}

async function compareOnce(scenario: Scenario, mode: Mode, timeScale: number): Promise<void> {
  const { records: expected, usesClient } = await run(scenario, mode, oracle, timeScale);
  const lines = Object.values(expected).flat();
  if (expected.failure) throw new Error(`${pairName(oracle)}, the oracle, failed:\n${lines.join('\n')}`);
  expect(lines.length).toBeGreaterThan(0);
  show(scenario, mode, expected);
  for (const pair of candidates) {
    // Without a client of either package in it, another pair with the same server would be the same run again.
    if (!usesClient && pair.client !== oracle.client) continue;
    for (let round = 0; round < repeats; round++) {
      const wanted = accepted(scenario, mode, pair, expected);
      const { records: actual } = await run(scenario, mode, pair, timeScale);
      try {
        expect(actual).toEqual(wanted);
      } catch (error) {
        throw new Error(`${pairName(pair)} [${mode}] differs from ${pairName(oracle)}\n${(error as Error).message}`);
      }
    }
  }
}

/** What the pair should record: the oracle's record, but for the differences that are listed. */
function accepted(scenario: Scenario, mode: Mode, pair: Pair, oracleRecords: Records): Records {
  let records = oracleRecords;
  for (const { reason, scenarios, modes, side, expected } of differences) {
    const sides = side === 'both' ? (['server', 'client'] as const) : [side];
    if (sides.some((each) => pair[each].name === 'official') || !scenarios.includes(scenario.name)) continue;
    if (modes && !modes.includes(mode)) continue;
    const changed = expected(records);
    // An entry that changes nothing is a leftover, and hides the next thing that goes wrong here.
    if (isDeepStrictEqual(changed, records)) throw new Error(`the difference "${reason}" does not show [${mode}]`);
    records = changed;
  }
  return records;
}

function show(scenario: Scenario, mode: Mode, records: Records): void {
  if (!shown) return;
  const lines = Object.entries(records).flatMap(([channel, each]) => each.map((line) => `  ${channel}: ${line}\n`));
  appendFileSync(shown, `${scenario.name} [${mode}]\n${lines.join('')}`);
}
