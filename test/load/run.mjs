// `npm run load`: what one process bears. Brings the tables in docs/reliability.md up to date.
//
//   npm run load                        15,000 connections, 5,000 reconnecting at once, one of 1,000 that does not read
//   npm run load -- --share 0.1         the same with a tenth of the clients
//   npm run load -- --dry               without touching docs/
//   npm run load -- deaf                one of them: connections, reconnection, deaf
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Crowd, quantile } from './crowd.mjs';
import { machine } from './machine.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    share: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '20' },
    dry: { type: 'boolean', default: false },
  },
});
const share = Number(values.share);
const seconds = Number(values.seconds);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits for what comes soon on any machine; a minute without it is reported by whoever asserts it. */
async function until(isReached) {
  for (let i = 0; i < 600 && !(await isReached()); i++) await sleep(100);
}

class ServerProcess {
  #child;
  #waiting = new Map();
  #next = 0;
  ended = null;

  async start(options) {
    this.#child = fork(at('server.mjs'), [JSON.stringify({ options })], { execArgv: ['--expose-gc'] });
    this.#child.on('exit', (code, signal) => {
      this.ended = `code ${code}, signal ${signal}`;
    });
    const { port } = await new Promise((resolve) => this.#child.once('message', resolve));
    this.#child.on('message', ({ id, result }) => {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
    return port;
  }

  ask(command, argument) {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, command, argument });
    });
  }

  /** Waits until the server counts so many connections. */
  async until(connections) {
    let state = await this.ask('state');
    await until(async () => {
      state = await this.ask('state');
      return state.connections === connections;
    });
    return state;
  }

  end() {
    this.#child.removeAllListeners('exit');
    this.#child.disconnect();
  }
}

const number = (value) => Math.round(value).toLocaleString('en');
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const mb = (value) => `${(value / 1e6).toFixed(0)} MB`;
/** Columns: what, how much, whether it is as it must be. */
const tables = {};

async function withServer(name, options, run) {
  if (positionals.length > 0 && !positionals.includes(name)) return;
  const server = new ServerProcess();
  const port = await server.start(options);
  const rows = [];
  await run(server, port, (what, result, isFine = true) => {
    rows.push([what, result, isFine]);
    console.log(`${isFine ? 'ok  ' : 'FAIL'} ${what}: ${result}`);
  });
  if (server.ended !== null) rows.push(['Process', `ended: ${server.ended}`, false]);
  tables[name] = rows;
  server.end();
}

await withServer('connections', {}, async (server, port, row) => {
  const size = Math.round(15_000 * share);
  const crowd = new Crowd(port, size);
  const empty = await server.ask('state');
  const start = performance.now();
  const times = await crowd.connect();
  const connected = await server.until(size);
  row('Connections', number(connected.connections), connected.connections === size);
  row('All connected within', ms(performance.now() - start));
  row('Connecting, median / 99 %', `${ms(quantile(times, 0.5))} / ${ms(quantile(times, 0.99))}`);
  row('Memory per connection', `${((connected.memory - empty.memory) / size / 1024).toFixed(1)} KiB heap`);
  row('Resident memory', mb(connected.rss));

  // How long after the first client has it the last client has a tick.
  const spreads = [];
  let first = 0;
  let arrived = 0;
  crowd.onTick(() => {
    if (arrived === 0) first = performance.now();
    if (++arrived < size) return;
    spreads.push(performance.now() - first);
    arrived = 0;
  });
  await server.ask('state');
  await server.ask('broadcast', 1000);
  await sleep(seconds * 1000);
  const rounds = await server.ask('stop');
  await until(() => spreads.length >= rounds);
  const busy = await server.ask('state');
  const ticks = crowd.received();
  row('Broadcasts, one a second', number(rounds));
  row('Deliveries', `${number(ticks)} of ${number(rounds * size)}`, ticks === rounds * size);
  row('First client to last, median / worst', `${ms(quantile(spreads, 0.5))} / ${ms(quantile(spreads, 1))}`);
  row('Processor', `${number(((busy.cpu - connected.cpu) / seconds / 1000) * 100)} % of one core`);
  row('Lost connections', number(crowd.lost), crowd.lost === 0);
  crowd.leave();
  const left = await server.until(0);
  row('Connections left when everybody is gone', number(left.connections), left.connections === 0);
  row('Memory then, against before', `+${mb(left.memory - empty.memory)}`);
});

await withServer('reconnection', {}, async (server, port, row) => {
  const size = Math.round(5000 * share);
  const crowd = new Crowd(port, size);
  await crowd.connect();
  await server.until(size);
  await server.ask('state');
  const all = crowd.reconnecting();
  const start = performance.now();
  row('Connections cut at once', number(await server.ask('cut')));
  const times = await all;
  const elapsed = performance.now() - start;
  const back = await server.until(size);
  row('Back', number(back.connections), back.connections === size);
  row('All back within', ms(elapsed));
  row('Reconnecting, median / 99 %', `${ms(quantile(times, 0.5))} / ${ms(quantile(times, 0.99))}`);
  row('Event-loop delay, 99 % / worst, the cut included', `${ms(back.delay.p99)} / ${ms(back.delay.worst)}`);
  row('Ends counted by the application', number(back.ended), back.ended === size);
  crowd.leave();
  await server.until(0);
});

const limit = 20_000_000;
await withServer('deaf', { maxBufferedBytes: limit }, async (server, port, row) => {
  const size = Math.round(1000 * share);
  const crowd = new Crowd(port, size);
  await crowd.connect();
  const before = await server.until(size);
  await server.ask('broadcast', 100);
  const echoTime = seconds * 250;
  const rounds = seconds < 10 ? 1 : 2;
  // Rounds without, and with, a client that does not read, taken in turns: the machine's mood is in both.
  const quiet = [];
  const loud = [];
  let highest = 0;
  const { connect } = await import('node:net');
  const { CONNECT, textFrame, upgradeRequest } = await import('../../bench/load/frames.mjs');
  for (let round = 0; round < rounds; round++) {
    quiet.push(...(await crowd.echo(1, echoTime)));
    const deaf = connect(port, '127.0.0.1');
    await new Promise((resolve) => deaf.once('connect', resolve));
    deaf.on('error', () => {}).write(upgradeRequest(port, '', false));
    await new Promise((resolve) => deaf.once('data', resolve));
    deaf.write(Buffer.concat([CONNECT, textFrame('42["deaf"]')]));
    deaf.pause();
    await server.until(size + 1);
    const [memory, times] = await Promise.all([server.ask('shout', 300), crowd.echo(1, echoTime)]);
    highest = Math.max(highest, memory);
    loud.push(...times);
    deaf.destroy();
    await server.until(size);
  }
  const ticksSent = await server.ask('stop');
  await until(() => crowd.received() >= ticksSent * size);
  const ticks = crowd.received();
  row('Sent to a client that does not read', `${rounds} times 300 MB`);
  row(
    'Memory at its highest, beyond the idle server',
    mb(highest - before.memory),
    highest - before.memory < 3 * limit,
  );
  row('... of which may wait for one client', mb(limit));
  const [p99, p99Loud] = [quantile(quiet, 0.99), quantile(loud, 0.99)];
  row('Echo of another client, median without / with', `${ms(quantile(quiet, 0.5))} / ${ms(quantile(loud, 0.5))}`);
  row('Echo of another client, 99 % without / with', `${ms(p99)} / ${ms(p99Loud)}`);
  row('Broadcasts meanwhile', `${number(ticks)} of ${number(ticksSent * size)} delivered`, ticks === ticksSent * size);
  row('Lost connections of others', number(crowd.lost), crowd.lost === 0);
  crowd.leave();
});

const isFine = Object.values(tables).every((rows) => rows.every(([, , isOk]) => isOk));
if (!values.dry) {
  const file = at('../../docs/reliability.md');
  let text = readFileSync(file, 'utf8');
  const when = `${new Date().toISOString().slice(0, 10)}, ${machine()}; clients on the same machine.`;
  for (const [name, rows] of Object.entries(tables)) {
    const table = `| measure | result |\n|---|---|\n${rows.map(([what, result]) => `| ${what} | ${result} |`).join('\n')}`;
    const [before, rest] = text.split(`<!-- load-${name}:begin -->`);
    const [, after] = rest.split(`<!-- load-${name}:end -->`);
    text = `${before}<!-- load-${name}:begin -->\n${when}\n\n${table}\n<!-- load-${name}:end -->${after}`;
  }
  writeFileSync(file, text);
}
process.exit(isFine ? 0 : 1);
