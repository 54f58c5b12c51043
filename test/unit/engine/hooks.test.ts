import type { IncomingMessage } from 'node:http';
import { ConnectionHooks } from '../../../core/engine/hooks.js';
import type { ExtensionConnection, ForeignSessions } from '../../../core/extension.js';

const request = { url: '/' } as IncomingMessage;
const connection = { id: 'sid' } as ExtensionConnection;
const failure = new Error('broken');
const fail = () => {
  throw failure;
};

let reports: [error: unknown, event: string][];
let hooks: ConnectionHooks;
beforeEach(() => {
  reports = [];
  hooks = new ConnectionHooks((...report) => reports.push(report));
});

describe('guards', () => {
  const refusal = { name: 'FULL', retryAfter: 1000 };

  test('nobody refuses where nobody is asked', () => {
    expect(hooks.refusalOf('first', request)).toBeUndefined();
    expect(hooks.refusalOf('last', request)).toBeUndefined();
  });

  test.each(['first', 'last'] as const)('%s: asked at their time only, in order, until one refuses', (when) => {
    const other = when === 'first' ? 'last' : 'first';
    const asked: unknown[] = [];
    hooks.admit(when, (given) => void asked.push(1, given));
    hooks.admit(when, () => refusal);
    hooks.admit(when, () => void asked.push(3));
    expect(hooks.refusalOf(other, request)).toBeUndefined();
    expect(asked).toEqual([]);
    expect(hooks.refusalOf(when, request)).toBe(refusal);
    expect(asked).toEqual([1, request]);
  });

  test.each(['first', 'last'] as const)('%s: taken back, twice if you like, the others stay', (when) => {
    const undo = hooks.admit(when, () => refusal);
    const own = { name: 'OTHER' };
    hooks.admit(when, () => own);
    undo();
    undo();
    expect(hooks.refusalOf(when, request)).toBe(own);
  });

  test('one that throws refuses, and is reported', () => {
    hooks.admit('last', fail);
    expect(hooks.refusalOf('last', request)).toEqual({ name: 'GUARD_FAILURE' });
    expect(reports).toEqual([[failure, 'admit']]);
  });
});

test('listeners hear of sessions that open and close, whatever the one before did, until they are taken back', () => {
  const heard: unknown[] = [];
  hooks.opened(fail);
  hooks.closed(fail);
  const undos = [
    hooks.opened((...given) => heard.push(['opened', ...given])),
    hooks.closed((...given) => heard.push(['closed', ...given])),
  ];
  hooks.onOpened(connection, request);
  hooks.onClosed(connection);
  expect(heard).toEqual([
    ['opened', connection, request],
    ['closed', connection],
  ]);
  expect(reports).toEqual([
    [failure, 'opened'],
    [failure, 'closed'],
  ]);
  for (const undo of undos) undo();
  hooks.onOpened(connection, request);
  hooks.onClosed(connection);
  expect(heard).toHaveLength(2);
});

test('one extension serves sessions that are not here', () => {
  const [foreign, other] = [{}, {}] as [ForeignSessions, ForeignSessions];
  expect(hooks.foreign).toBeNull();
  const undo = hooks.serveForeign(foreign);
  expect(hooks.foreign).toBe(foreign);
  expect(() => hooks.serveForeign(other)).toThrow('served by another extension already');
  undo();
  expect(hooks.foreign).toBeNull();
  hooks.serveForeign(other);
  // What was taken back long ago is not taken back again.
  undo();
  expect(hooks.foreign).toBe(other);
});
