/** The command line of the benchmark. */
import { parseArgs } from 'node:util';
import { implementations } from './server/implementations.mjs';

export const usage = `npm run bench -- [names] [options]

names          workloads or rows to run, by the start of their name (chat, broadcast-10, ...); all if none is given
--quick        one short run of each, to see where things stand
--runs N       runs of each, taken in turns; the table shows medians (default 3)
--seconds N    how long a row sends (default 1)
--servers A,B  which servers to compare (default ${Object.keys(implementations).join(',')})
--profile      write CPU profiles of the server to test-output/profiles and print what costs most
--save         (of a whole run) keep the results in bench/results, draw the charts in docs/images, put the tables into the documents
--draw FILE    only draw and put, from results that were kept
--list         only list the rows`;

/**
 * @param {string[]} argv
 * @returns {{names: string[], quick: boolean, runs: number, seconds: number, servers: string[], profile: boolean, save: boolean, draw?: string, list: boolean, help: boolean}}
 * @throws {Error} for an option or a server that does not exist, or options that contradict each other
 */
export function parseOptions(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      runs: { type: 'string' },
      seconds: { type: 'string' },
      servers: { type: 'string', default: Object.keys(implementations).join(',') },
      profile: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      draw: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const servers = values.servers.split(',');
  for (const server of servers) if (!implementations[server]) throw new Error(`there is no server named ${server}`);
  if (
    values.save &&
    (positionals.length > 0 || values.quick || values.profile || servers.length < Object.keys(implementations).length)
  ) {
    throw new Error('--save keeps a whole run: no names, no --quick, no --profile, all servers');
  }
  return {
    ...values,
    names: positionals,
    runs: positive('runs', values.runs ?? (values.quick ? '1' : '3')),
    seconds: positive('seconds', values.seconds ?? '1'),
    servers,
  };
}

function positive(name, text) {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0`);
  return value;
}
