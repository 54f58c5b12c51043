import { Context } from './context.js';
import type { Mode, Pair, Records, Scenario } from './types.js';

/** Runs a scenario once. A scenario that fails is an observation, too: it is recorded in the channel `failure`. */
export async function run(scenario: Scenario, mode: Mode, pair: Pair): Promise<Records> {
  const context = new Context(pair, mode);
  let failure: unknown;
  try {
    await scenario.run(context);
  } catch (error) {
    failure = error;
  }
  const records = await context.finish();
  if (failure === undefined) return records;
  return { ...records, failure: String((failure as Error).stack ?? failure).split('\n') };
}

export const pairName = (pair: Pair) => `${pair.server.name} server with ${pair.client.name} client`;
