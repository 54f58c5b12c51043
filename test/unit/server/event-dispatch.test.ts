import type { EncodedMessage, IncomingHook } from '../../../core/extension.js';
import { EventDispatch, type EventReceiver } from '../../../core/server/event-dispatch.js';
import { FakeClientSocket } from './support/fakes.js';

type Answer = EncodedMessage & { values: unknown[] };

/** A socket's side that keeps what happened. */
class Receiver implements EventReceiver {
  readonly log: string[] = [];
  connected = true;
  /** What a listener does. */
  listener: (data: unknown[]) => void = () => {};

  isConnected(): boolean {
    return this.connected;
  }

  callListeners(data: unknown[]): void {
    this.log.push(`listeners ${data.map((each) => (typeof each === 'function' ? 'ack' : each)).join(' ')}`);
    this.listener(data);
  }

  onListenerError(error: unknown, data: readonly unknown[]): void {
    this.log.push(`${data[0]} failed: ${(error as Error).message}`);
  }

  onRefused(error: Error): void {
    this.log.push(`refused: ${error.message}`);
  }

  onReserved(event: string, id: number | undefined): void {
    this.log.push(`reserved ${event} ${id}`);
  }

  encodeAnswer(id: number, event: unknown, values: unknown[]): Answer {
    const answer: Answer = { byteLength: 1, heldBytes: 1, compact: () => answer, values: [id, event, ...values] };
    return answer;
  }

  deliver(answer: EncodedMessage): void {
    this.log.push(`answer ${(answer as Answer).values.join(' ')}`);
  }
}

function create(hook?: IncomingHook) {
  const receiver = new Receiver();
  const dispatch = new EventDispatch(new FakeClientSocket('/'), receiver);
  if (hook !== undefined) dispatch.addHook(hook);
  return { receiver, dispatch };
}

const answering = (receiver: Receiver, ...values: unknown[]) => {
  receiver.listener = (data) => (data.at(-1) as (...values: unknown[]) => void)(...values);
};

test('the way of an event: hooks, catch-all, middlewares, hooks, listeners, hooks', () => {
  const { receiver, dispatch } = create();
  const { log } = receiver;
  dispatch.addHook({
    arrived: ({ data }) => void log.push(`arrived ${data.join(' ')}`),
    dispatching: () => void log.push('dispatching'),
    dispatched: () => void log.push('dispatched'),
  });
  dispatch.catchAll.add((event) => log.push(`any ${event}`));
  dispatch.use((event, next) => {
    log.push(`middleware ${event[0]}`);
    next();
  });
  dispatch.dispatch(['x', 1], 7);
  expect(log).toEqual(['arrived x 1', 'any x', 'middleware x', 'dispatching', 'listeners x 1 ack', 'dispatched']);
});

test.each([
  ['without hooks', undefined],
  ['with a hook', {}],
])('the answer is sent once (%s)', (_, hook) => {
  const { receiver, dispatch } = create(hook);
  receiver.listener = (data) => {
    const ack = data.at(-1) as (...values: unknown[]) => void;
    ack(1);
    ack(2);
  };
  dispatch.dispatch(['x'], 7);
  expect(receiver.log).toEqual(['listeners x ack', 'answer 7 x 1']);
});

test('a hook ends an event, at either step', () => {
  const { receiver, dispatch } = create({ arrived: ({ data }) => data[0] !== 'a', dispatching: ({ id }) => id !== 2 });
  dispatch.dispatch(['a'], undefined);
  dispatch.dispatch(['b'], 2);
  dispatch.dispatch(['c'], undefined);
  expect(receiver.log).toEqual(['listeners c']);
});

test('a hook changes the arguments, and answers for the application, which then cannot', () => {
  const { receiver, dispatch } = create({
    arrived(event) {
      event.data.push('added');
      event.answer('early');
    },
  });
  answering(receiver, 'late');
  dispatch.dispatch(['x'], 7);
  expect(receiver.log).toEqual(['answer 7 x early', 'listeners x added ack']);
});

test('an answer to an event that wants none is not sent', () => {
  const { receiver, dispatch } = create({ arrived: (event) => event.answer(1) as undefined });
  dispatch.dispatch(['x'], undefined);
  expect(receiver.log).toEqual(['listeners x']);
});

test('a hook takes the answer over', () => {
  const taken: unknown[] = [];
  const { receiver, dispatch } = create({
    arrived: (event) => event.answerThrough((answer) => taken.push((answer as Answer).values)) as undefined,
  });
  answering(receiver, 'ok');
  dispatch.dispatch(['x'], 7);
  expect(taken).toEqual([[7, 'x', 'ok']]);
  expect(receiver.log).toEqual(['listeners x ack']);
});

test('a hook that throws is reported, and the event goes on', () => {
  const { receiver, dispatch } = create({
    arrived: () => {
      throw new Error('broken');
    },
  });
  dispatch.dispatch(['x'], undefined);
  expect(receiver.log).toEqual(['x failed: broken', 'listeners x']);
});

test('names of extensions reach no listener, but hooks', () => {
  const seen: unknown[] = [];
  const { receiver, dispatch } = create({
    arrived({ data }) {
      seen.push(data[0]);
      return data[0] !== 'carillon:mine';
    },
  });
  dispatch.catchAll.add((event) => seen.push(`any ${event}`));
  dispatch.dispatch(['carillon:mine'], 1);
  dispatch.dispatch(['carillon:other'], 2);
  expect(seen).toEqual(['carillon:mine', 'carillon:other']);
  expect(receiver.log).toEqual(['reserved carillon:other 2']);
});

test('a socket that left meanwhile hears nothing more', () => {
  const { receiver, dispatch } = create();
  let goOn: () => void = () => {};
  dispatch.use((_event, next) => {
    goOn = next;
  });
  dispatch.dispatch(['x'], undefined);
  receiver.connected = false;
  goOn();
  expect(receiver.log).toEqual([]);
});

test('a catch-all listener that fails is reported, and one that disconnects is the last', () => {
  const { receiver, dispatch } = create();
  dispatch.catchAll.add(() => {
    receiver.connected = false;
    throw new Error('broken');
  });
  dispatch.dispatch(['x'], undefined);
  expect(receiver.log).toEqual(['x failed: broken']);
});

test('a middleware refuses', () => {
  const { receiver, dispatch } = create();
  dispatch.use((_event, next) => next(new Error('no')));
  dispatch.dispatch(['x'], undefined);
  expect(receiver.log).toEqual(['refused: no']);
});

test('hooks are taken back, and hear of the end', () => {
  const ends: string[] = [];
  const first = { arrived: () => false, disconnected: () => void ends.push('first') };
  const { receiver, dispatch } = create(first);
  dispatch.addHook({
    disconnected: () => {
      throw new Error('broken');
    },
  });
  dispatch.addHook({ disconnected: () => void ends.push('last') });
  dispatch.removeHook(first);
  dispatch.dispatch(['x'], undefined);
  dispatch.onDisconnected();
  expect(ends).toEqual(['last']);
  expect(receiver.log).toEqual(['listeners x', 'disconnect failed: broken']);
});
