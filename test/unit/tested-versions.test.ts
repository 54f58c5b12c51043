import { jest } from '@jest/globals';
import { TESTED_VERSIONS, warnIfUntested } from '../../core/tested-versions.js';

const WARNED = Symbol.for('carillon.warned-untested');
let warnings: string[];

beforeEach(() => {
  warnings = [];
  delete (globalThis as { [WARNED]?: Set<string> })[WARNED];
  jest.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    warnings.push(String(warning));
  });
});

afterEach(() => jest.restoreAllMocks());

test.each(['14.2.0', '14.2.35', '15.0.0', '16.99.1', '16.0.0-canary.3', undefined, 'workspace'])(
  'says nothing of Next %s',
  (version) => {
    warnIfUntested('next', version);
    expect(warnings).toEqual([]);
  },
);

test.each(['13.5.6', '14.1.4', '17.0.0', '17.0.0-rc.1'])('warns of Next %s', (version) => {
  warnIfUntested('next', version);
  expect(warnings).toEqual([
    `carillon was not tried with next ${version}, only with next 14.2 to 16. It may work: docs/compatibility.md lists what was tried.`,
  ]);
});

test('warns once of each package', () => {
  for (const version of ['3.0.0', '6.0.0', '7.0.0']) warnIfUntested('fastify', version);
  warnIfUntested('react', '20.0.0');
  expect(warnings.map((warning) => warning.slice(0, 40))).toEqual([
    'carillon was not tried with fastify 3.0.',
    'carillon was not tried with react 20.0.0',
  ]);
});

test('in a browser, the console has the warning', () => {
  const spy = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const { emitWarning } = process;
  Object.assign(process, { emitWarning: undefined });
  try {
    warnIfUntested('react', '17.0.2');
  } finally {
    Object.assign(process, { emitWarning });
  }
  expect(spy.mock.calls[0]![0]).toContain('react 17.0.2');
});

test('this Node.js is among those that were tried', () => {
  warnIfUntested('Node.js', process.versions.node);
  expect(warnings).toEqual([]);
  expect(Object.keys(TESTED_VERSIONS)).toContain('Node.js');
});
