import { readFileSync } from 'node:fs';
import { resolveOptions } from '../../core/options/index.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const modules = ['http', 'transports', 'engine', 'messages', 'namespaces', 'extensions'];
const sources = modules.map((name) => read(`core/options/${name}.ts`)).join('\n');

/** Members of an interface in core/options/. */
function membersOf(name: string): string[] {
  const [, body] = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(sources)!;
  return [...body!.matchAll(/^ {2}(\w+)\?: (?:number|RateOption)/gm)].map(([, member]) => member!);
}

/** Numbers that bound nothing of what a client does. */
const NO_BOUNDS = ['pingInterval', 'destroyUpgradeTimeout'];

const bounds = [
  ...['Http', 'Transport', 'Engine', 'Message', 'Namespace', 'Extension']
    .flatMap((module) => membersOf(`${module}Settings`))
    .filter((name) => !NO_BOUNDS.includes(name)),
  ...membersOf('ConnectionStateRecoveryOptions').map((name) => `connectionStateRecovery.${name}`),
  ...membersOf('RetryMemoryOptions').map((name) => `retryMemory.${name}`),
  ...membersOf('PublishEndpointSettings').map((name) => `publishEndpoint.${name}`),
  ...membersOf('EventRateLimitOptions').map((name) => `eventRateLimit.${name}`),
];

const rows = new Map(
  [...read('docs/limits.md').matchAll(/^\| `([\w.]+)` \| (.*) \|$/gm)].map(([, name, cells]) => [
    name!,
    cells!.split(' | '),
  ]),
);

/** The default that holds, in the words of the table. */
function defaultOf(name: string): string {
  const { decodeLimits, backlogLimits, admission, connectionStateRecovery, retryMemory, ...rest } = resolveOptions({
    connectionStateRecovery: {},
  });
  const nested = Object.entries({ connectionStateRecovery, retryMemory }).flatMap(([option, members]) =>
    Object.entries(members!).map(([key, value]) => [`${option}.${key}`, value]),
  );
  const all: Record<string, unknown> = {
    ...rest,
    ...decodeLimits,
    ...rest.encodeLimits,
    ...admission,
    ...Object.fromEntries(nested),
    maxBufferedBytes: backlogLimits.maxBytes,
    maxBufferedMessages: backlogLimits.maxMessages,
    backpressureThreshold: backlogLimits.pressureBytes,
    flushThreshold: backlogLimits.flushBytes,
    turnFlushThreshold: backlogLimits.turnFlushBytes,
  };
  const value = all[name];
  if (name === 'publishEndpoint.maxBytes') return 'as `maxHttpBufferSize`';
  if (name === 'maxTotalBufferedBytes') return "a quarter of V8's heap limit";
  if (value === undefined || value === Number.POSITIVE_INFINITY) return 'off';
  return Number(value) < 10_000 ? String(value) : Number(value).toLocaleString('en');
}

test('the table names the bounds there are', () => {
  expect(bounds).toEqual(
    expect.arrayContaining(['maxDepth', 'handshakeRate', 'eventRateLimit.connection', 'pingTimeout']),
  );
  expect([...rows.keys()].filter((name) => /^(max|\w+\.)|Timeout$|Rate$|Threshold$/.test(name)).sort()).toEqual(
    bounds.sort(),
  );
});

test.each(bounds)('%s: its default, what it means, and what hitting it looks like', (name) => {
  const cells = rows.get(name)!;
  const given = cells[0]!.replace(/ ms$| \(.*\)$/, '').replace(/^(\d),(\d{3})$/, '$1$2');
  expect([name, given]).toEqual([name, defaultOf(name)]);
  for (const cell of cells) expect(cell.trim()).not.toBe('');
  expect(cells.length).toBeGreaterThanOrEqual(4);
});
