import { jest } from '@jest/globals';
import { ClusterAdapter, Adapter as OfficialAdapter, SessionAwareAdapter } from 'socket.io-adapter';
import { preparedOnce } from '../../../core/adapters/foreign.js';
import { canRecover, logRejection, makeAdapter } from '../../../core/adapters/host.js';
import { RecoveringMemoryAdapter } from '../../../core/adapters/recovery/memory-adapter.js';
import { MemoryAdapter, Server } from '../../../core/index.js';

const namespaceOf = (options: object = {}) => new Server(options).of('/') as any;

describe('the adapter of a namespace', () => {
  class Custom extends OfficialAdapter {}
  const madeForNew = (nsp: any) => new Custom(nsp);

  test.each([
    ['a class', Custom],
    ['a function made for new', madeForNew],
    ['an arrow function', (nsp: any) => new Custom(nsp)],
  ])('is made by %s', (_, factory) => {
    const namespace = namespaceOf();
    const adapter = makeAdapter(factory, namespace);
    expect(adapter).toBeInstanceOf(Custom);
    expect(adapter.nsp).toBe(namespace);
  });

  test.each<[string, any, string]>([
    ['a factory that was not called', () => () => ({}), 'returned a function, not an adapter: call it yourself'],
    ['a function without result', () => undefined, 'what it made has no broadcast()'],
    ['a class of something else', class Other {}, 'what it made has no broadcast()'],
  ])('is refused when it is %s', (_, factory, message) => {
    expect(() => makeAdapter(factory, namespaceOf())).toThrow(TypeError);
    expect(() => new Server({ adapter: factory })).toThrow(message);
  });
});

describe('whether an adapter can recover', () => {
  class Standalone {
    broadcast() {}
    addAll() {}
    del() {}
    delAll() {}
    restoreSession() {
      return null;
    }
  }
  class OnTop extends SessionAwareAdapter {}
  class InCluster extends (ClusterAdapter as any) {}
  const withRecovery = () =>
    namespaceOf({ connectionStateRecovery: { maxDisconnectionDuration: 1000 }, adapter: SessionAwareAdapter });

  test('is whether it has more than what the base class inherits', () => {
    const limits = { maxDisconnectionDuration: 1, maxBytes: 1 } as any;
    const clock = {} as any;
    expect(canRecover(new SessionAwareAdapter(withRecovery()) as any)).toBe(true);
    expect(canRecover(new OnTop(withRecovery()) as any)).toBe(true);
    expect(canRecover(new Standalone() as any)).toBe(true);
    expect(canRecover(new RecoveringMemoryAdapter(namespaceOf(), limits, clock))).toBe(true);
    expect(canRecover(new (class extends OfficialAdapter {})(namespaceOf()) as any)).toBe(false);
    expect(canRecover(new (InCluster as any)(namespaceOf()))).toBe(false);
    expect(canRecover(new MemoryAdapter(namespaceOf()))).toBe(false);
    expect(canRecover({ broadcast() {} } as any)).toBe(false);
  });

  test('decides whether the option stays on, and that it does not is said', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
    class Classic extends OfficialAdapter {}
    const connectionStateRecovery = { maxDisconnectionDuration: 1000 };
    const io = new Server({ connectionStateRecovery, adapter: Classic });
    expect(io.opts.connectionStateRecovery).toBeUndefined();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]).toEqual([expect.stringContaining('connectionStateRecovery is off')]);
    io.adapter(SessionAwareAdapter);
    expect(io.opts.connectionStateRecovery).toMatchObject(connectionStateRecovery);
    io.adapter(Classic);
    expect(io.opts.connectionStateRecovery).toBeUndefined();
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
  });
});

describe('what an adapter promises in vain', () => {
  const thrown = (report: jest.Mock) =>
    report.mock.calls.map(([message, error]) => [message, (error as Error).message]);

  test.each([
    ['broadcast', (io: any) => io.emit('x'), 'broadcast'],
    ['broadcastWithAck', (io: any) => io.timeout(1).emit('x', () => {}), 'broadcast'],
    ['addSockets', (io: any) => io.socketsJoin('x'), 'make sockets join'],
    ['delSockets', (io: any) => io.socketsLeave('x'), 'make sockets leave'],
    ['disconnectSockets', (io: any) => io.disconnectSockets(), 'disconnect sockets'],
    ['serverSideEmit', (io: any) => io.serverSideEmit('x'), 'tell the other servers'],
    ['init', () => {}, 'start'],
    ['close', (io: any) => io.detach(), 'close'],
  ])('%s(): is reported, and ends nothing', async (method, act, what) => {
    const report = jest.spyOn(console, 'error').mockImplementation(() => {}) as unknown as jest.Mock;
    class Failing extends OfficialAdapter {}
    (Failing.prototype as any)[method] = () => Promise.reject(new Error('Redis is away'));
    await act(new Server({ adapter: Failing }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(thrown(report)).toEqual([[`carillon: the adapter could not ${what}:`, 'Redis is away']]);
    report.mockRestore();
  });

  test('of a pattern, too', async () => {
    const report = jest.spyOn(console, 'error').mockImplementation(() => {}) as unknown as jest.Mock;
    class Failing extends OfficialAdapter {
      override broadcast(): any {
        return Promise.reject(new Error('Redis is away'));
      }
    }
    const io = new Server({ adapter: Failing });
    const pattern = io.of(/^\/x/);
    io.of('/x1');
    pattern.emit('x');
    await new Promise((resolve) => setImmediate(resolve));
    expect(report).toHaveBeenCalledTimes(1);
    report.mockRestore();
  });

  test('by something that is only like a promise', () => {
    const report = jest.spyOn(console, 'error').mockImplementation(() => {}) as unknown as jest.Mock;
    // biome-ignore lint/suspicious/noThenProperty: a promise of another library, as adapters may return one
    const thenable = Object.create({ then: (_: unknown, fail: (error: Error) => void) => fail(new Error('no')) });
    logRejection(thenable, 'do it');
    logRejection(undefined, 'do it');
    logRejection(null, 'do it');
    expect(thrown(report)).toEqual([['carillon: the adapter could not do it:', 'no']]);
    report.mockRestore();
  });
});

describe('what cannot be encoded', () => {
  test.each([
    ['our adapter', undefined],
    ['one of Socket.IO', class extends OfficialAdapter {}],
  ])('is thrown at the caller, and the callback is not called as well, with %s', (_, adapter) => {
    jest.useFakeTimers();
    const io = new Server({ adapter }) as any;
    const ack = jest.fn();
    expect(() => io.emit('x', 1n)).toThrow(TypeError);
    expect(() => io.timeout(10).emit('x', 1n, ack)).toThrow(TypeError);
    jest.advanceTimersByTime(1000);
    expect(ack).not.toHaveBeenCalled();
    jest.useRealTimers();
  });
});

describe('another adapter, set later', () => {
  class Recording extends OfficialAdapter {
    readonly calls: unknown[] = [];
    override close(): void {
      this.calls.push('close');
    }
  }

  test('gets who is where, and the one before is closed', () => {
    const io = new Server({ adapter: Recording });
    const first = io.of('/').adapter as unknown as Recording;
    first.addAll('a', new Set(['a', 'room']));
    first.addAll('b', new Set(['b']));
    io.adapter(Recording);
    const second = io.of('/').adapter as unknown as Recording;
    expect(second).not.toBe(first);
    expect(first.calls).toEqual(['close']);
    expect(second.calls).toEqual([]);
    expect([...second.rooms]).toEqual([
      ['a', new Set(['a'])],
      ['room', new Set(['a'])],
      ['b', new Set(['b'])],
    ]);
    second.del('a', 'room');
    expect(first.sids.get('a')).toEqual(new Set(['a', 'room']));
  });
});

describe('what an adapter encoded', () => {
  test('is prepared once for all receivers of a broadcast', () => {
    const options = { compress: false };
    const packets = ['2["x"]'];
    const prepared = preparedOnce(packets, options);
    expect(preparedOnce(packets, options)).toBe(prepared);
    expect(prepared).toMatchObject({ parts: ['42["x"]'], compress: false });
  });

  test('is prepared again when the options are used for something else', () => {
    const options = {};
    const first = preparedOnce(['2["x"]'], options);
    const second = preparedOnce(['51-["x",{"_placeholder":true,"num":0}]', Buffer.from('y')], options);
    expect(first.parts).toEqual(['42["x"]']);
    expect(second).toMatchObject({
      parts: ['451-["x",{"_placeholder":true,"num":0}]', Buffer.from('y')],
      compress: true,
    });
  });
});
