import { numberedBothWays } from '../support/compat/numbered.js';
import { pairName, run } from '../support/compat/run.js';
import type { Pair, Scenario } from '../support/compat/types.js';
import { candidates, oracle } from './implementations.js';

const messages = 10_000;
/** To hunt for what happens once in a hundred upgrades, raise it. */
const rounds = Number(process.env.COMPAT_REPEAT ?? 15);
/** The oracle is run to see that the measure is right, not to measure the oracle. */
const oracleRounds = 3;

const scenario: Scenario = {
  name: `${messages} numbered messages each way while upgrading`,
  touches: [],
  run: (context) => numberedBothWays(context, messages - 1, 200),
};

async function survive(pair: Pair, times: number): Promise<void> {
  for (let round = 0; round < times; round++) {
    const { records } = await run(scenario, 'upgrade', pair);
    expect(records).toEqual({
      client: [`down ["0..${messages - 1}"]`, 'transport "websocket"'],
      server: [`up ["0..${messages - 1}"]`],
    });
  }
}

describe('upgrade stress', () => {
  test(`${scenario.name}, ${oracleRounds} times: the oracle`, () => survive(oracle, oracleRounds), 600_000);

  for (const pair of candidates.filter((each) => each !== oracle)) {
    test(`${scenario.name}, ${rounds} times: ${pairName(pair)}`, () => survive(pair, rounds), 600_000);
  }
});
