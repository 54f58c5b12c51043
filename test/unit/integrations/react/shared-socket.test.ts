import { EventEmitter } from 'node:events';
import { SharedSocket, type SocketLike } from '../../../../integrations/react/shared-socket.js';

/** A socket whose connection is what the test says. */
class StillSocket extends EventEmitter implements SocketLike {
  id: string | undefined = undefined;
  active = true;
  connected = false;
  disconnects = 0;

  disconnect(): void {
    this.disconnects++;
  }

  succeed(id: string): void {
    this.id = id;
    this.connected = true;
    this.emit('connect');
  }
}

function setUp() {
  const opened: StillSocket[] = [];
  const shared = new SharedSocket(() => {
    const socket = new StillSocket();
    opened.push(socket);
    return socket;
  });
  return { shared, opened };
}

const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve));

it('opens nothing before somebody holds it', () => {
  const { shared, opened } = setUp();
  expect(shared.socket()).toBeNull();
  expect(shared.state()).toEqual({ status: 'connecting', id: undefined, error: undefined });
  expect(opened).toEqual([]);
});

it('opens one connection for many holders, and closes it with the last', async () => {
  const { shared, opened } = setUp();
  const [first, second] = [shared.hold(), shared.hold()];
  expect(opened).toHaveLength(1);
  first();
  await turn();
  expect(opened[0]!.disconnects).toBe(0);
  second();
  await turn();
  expect(opened[0]!.disconnects).toBe(1);
  expect(shared.socket()).toBeNull();
  expect(opened[0]!.eventNames()).toEqual([]);
});

it('keeps the connection when it is let go of and held again in one turn, as StrictMode does', async () => {
  const { shared, opened } = setUp();
  shared.hold()();
  const release = shared.hold();
  await turn();
  expect(opened).toHaveLength(1);
  expect(opened[0]!.disconnects).toBe(0);
  release();
  await turn();
  expect(opened[0]!.disconnects).toBe(1);
});

it('opens another when it is held after it was closed', async () => {
  const { shared, opened } = setUp();
  shared.hold()();
  await turn();
  shared.hold();
  expect(opened).toHaveLength(2);
  expect(shared.socket()).toBe(opened[1]);
});

it('tells its observers of each change, until they have enough', () => {
  const { shared, opened } = setUp();
  const states: string[] = [];
  const stop = shared.observe(() => states.push(shared.state().status));
  shared.hold();
  const [socket] = opened;
  socket!.succeed('abc');
  expect(shared.state()).toEqual({ status: 'connected', id: 'abc', error: undefined });
  socket!.emit('disconnect', 'transport close');
  expect(states).toEqual(['connecting', 'connected', 'connecting']);
  stop();
  socket!.succeed('def');
  expect(states).toHaveLength(3);
});

it('says that it tries again, and why it has to', () => {
  const { shared, opened } = setUp();
  shared.hold();
  const error = new Error('websocket error');
  opened[0]!.emit('connect_error', error);
  expect(shared.state()).toEqual({ status: 'connecting', id: undefined, error });
  opened[0]!.succeed('abc');
  expect(shared.state().error).toBeUndefined();
});

it('says that it will not try again: refused by a middleware, or ended by the server', () => {
  const { shared, opened } = setUp();
  shared.hold();
  opened[0]!.active = false;
  const error = Object.assign(new Error('not authorized'), { data: { code: 401 } });
  opened[0]!.emit('connect_error', error);
  expect(shared.state()).toEqual({ status: 'disconnected', id: undefined, error });
  opened[0]!.emit('disconnect', 'io server disconnect');
  expect(shared.state().status).toBe('disconnected');
});

it('gives the same state until it changes', () => {
  const { shared, opened } = setUp();
  shared.hold();
  opened[0]!.succeed('abc');
  expect(shared.state()).toBe(shared.state());
});

it('listens only while it is told to', () => {
  const { shared, opened } = setUp();
  shared.hold();
  const heard: string[] = [];
  const stop = shared.listen('news', (text) => heard.push(text));
  opened[0]!.emit('news', 'one');
  stop();
  opened[0]!.emit('news', 'two');
  expect(heard).toEqual(['one']);
  expect(opened[0]!.listenerCount('news')).toBe(0);
});

it('says that a socket with `autoConnect: false` rests, until it is told to connect', () => {
  const { shared, opened } = setUpAtRest();
  const release = shared.hold();
  expect(shared.state().status).toBe('disconnected');
  opened[0]!.active = true;
  expect(shared.state().status).toBe('connecting');
  expect(shared.state()).toBe(shared.state());
  opened[0]!.succeed('a');
  expect(shared.state()).toEqual({ status: 'connected', id: 'a', error: undefined });
  release();
});

function setUpAtRest() {
  const opened: StillSocket[] = [];
  const shared = new SharedSocket(() => {
    const socket = new StillSocket();
    socket.active = false;
    opened.push(socket);
    return socket;
  });
  return { shared, opened };
}
