import { INTERNAL_ERROR, Invocation, isWsResponse, Reply } from '../../../../integrations/nestjs/invocation.js';
import type { AnySocket } from '../../../../integrations/nestjs/types.js';

/** A socket that writes down what is emitted, and to whom. */
function recorder() {
  const sent: unknown[] = [];
  const to = (who: string) => ({
    emit: (...args: unknown[]) => sent.push([who, ...args]),
    to: (rooms: string[]) => to(`${who} in ${rooms.join()}`),
  });
  const socket = { ...to('sender'), broadcast: to('others'), nsp: to('all') };
  return { socket: socket as unknown as AnySocket, sent };
}

function invoke(settings: { args?: unknown[]; handlers?: number; answersItself?: boolean; asks?: boolean } = {}) {
  const { args = [], handlers = 1, answersItself = false, asks = true } = settings;
  const { socket, sent } = recorder();
  const acks: unknown[][] = [];
  const reply = asks ? new Reply((...answer) => acks.push(answer), handlers) : undefined;
  const make = () => new Invocation(socket, 'event', args, reply, answersItself);
  return { invocation: make(), another: make, sent, acks };
}

const nobody = () => undefined;

describe('the message body', () => {
  it.each([
    [[], undefined],
    [['a'], 'a'],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [[['a', 'b']], ['a', 'b']],
    [
      [undefined, 1],
      [undefined, 1],
    ],
  ])('of %j is %j', (args, data) => {
    expect(invoke({ args }).invocation.data).toEqual(data);
  });

  it('is a copy: who changes it leaves the arguments as they are', () => {
    const { invocation } = invoke({ args: [1, 2] });
    (invocation.data as number[]).push(3);
    expect(invocation.args).toEqual([1, 2]);
  });
});

describe('an answer', () => {
  it.each([[0], [''], [false], [null], [{ event: 'meeting', at: 5 }], [{ data: 'only' }], [[]]])(
    '%j is acknowledged',
    (answer) => {
      const { invocation, acks, sent } = invoke();
      invocation.deliver(answer);
      expect([acks, sent]).toEqual([[[answer]], []]);
    },
  );

  it('is acknowledged once', () => {
    const { invocation, acks } = invoke();
    invocation.deliver(1);
    invocation.deliver(2);
    invocation.finish(true, nobody, false);
    expect(acks).toEqual([[1]]);
  });

  it('with event and data is emitted, and acknowledged empty at the end', () => {
    const { invocation, acks, sent } = invoke();
    invocation.deliver({ event: 'a', data: undefined });
    expect([acks, sent]).toEqual([[], [['sender', 'a', undefined]]]);
    invocation.finish(true, nobody, false);
    expect(acks).toEqual([[]]);
  });

  it('goes to the targets', () => {
    const { invocation, sent } = invoke({ asks: false });
    invocation.targets = [
      { event: undefined, rooms: ['a', 'b'], exceptSender: false },
      { event: 'named', rooms: [], exceptSender: true },
    ];
    invocation.deliver('plain');
    invocation.deliver({ event: 'own', data: 1 });
    invocation.deliver(undefined);
    invocation.deliver({ event: 'own', data: null });
    expect(sent).toEqual([
      ['all in a,b', 'event', 'plain'],
      ['others', 'named', 'plain'],
      ['all in a,b', 'own', 1],
      ['others', 'named', 1],
    ]);
  });
});

describe('the end', () => {
  it('without an answer acknowledges empty, when the last handler is done', () => {
    const { invocation, another, acks } = invoke({ handlers: 2 });
    invocation.finish(false, nobody, false);
    expect(acks).toEqual([]);
    another().finish(false, nobody, false);
    expect(acks).toEqual([[]]);
  });

  it('leaves the acknowledgement to a handler that took it', () => {
    const { invocation, acks } = invoke({ answersItself: true });
    invocation.deliver('returned');
    invocation.finish(true, nobody, false);
    expect(acks).toEqual([]);
    invocation.fail({ status: 'error' });
    expect(acks).toEqual([[{ status: 'error' }]]);
  });

  it('after a filter of the application acknowledges what the filter said, or that something failed', () => {
    for (const [claim, expected] of [
      [() => ({ by: 'filter' }), { by: 'filter' }],
      [nobody, INTERNAL_ERROR],
    ] as const) {
      const { invocation, acks } = invoke();
      invocation.finish(false, claim, true);
      expect(acks).toEqual([[expected]]);
    }
  });

  it('after a success that is known for one is a success', () => {
    const { invocation, acks } = invoke();
    invocation.succeed();
    invocation.finish(false, () => ({ by: 'somebody else' }), true);
    expect(acks).toEqual([[]]);
  });

  it('without an acknowledgement does nothing', () => {
    const { invocation, acks, sent } = invoke({ asks: false });
    expect(invocation.isAwaited).toBe(false);
    invocation.fail({});
    invocation.finish(false, nobody, true);
    expect([acks, sent]).toEqual([[], []]);
  });
});

it.each([
  [{ event: 'a', data: 1 }, true],
  [{ event: 'a', data: undefined }, true],
  [{ event: 'a' }, true],
  [{ event: 'a', at: 1 }, false],
  [{ event: '' }, false],
  [{ data: 1 }, false],
  [{ event: 1, data: 1 }, false],
  [null, false],
  ['event', false],
])('isWsResponse(%j) is %s', (value, expected) => {
  expect(isWsResponse(value)).toBe(expected);
});
