import { Context } from './context.js';
import type { Mode, Pair, Records, Scenario } from './types.js';

export interface Run {
  records: Records;
  /** Whether the client package had a part in it. */
  usesClient: boolean;
}

/** Runs a scenario once. A scenario that fails is an observation, too: it is recorded in the channel `failure`. */
export async function run(scenario: Scenario, mode: Mode, pair: Pair, timeScale = 1): Promise<Run> {
  const context = new Context(pair, mode, timeScale);
  const failures: unknown[] = [];
  await scenario.run(context).catch((error) => failures.push(error));
  const records = context.records();
  const { usesClient } = context;
  await context.cleanUp().catch((error) => failures.push(error));
  if (failures.length > 0)
    records.failure = failures.flatMap((each) => String((each as Error).stack ?? each).split('\n'));
  return { records, usesClient };
}

export const pairName = (pair: Pair) => `${pair.server.name} server with ${pair.client.name} client`;
