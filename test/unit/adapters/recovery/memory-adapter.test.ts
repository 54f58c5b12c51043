import fc from 'fast-check';
import type { FoundSession, RecoveryLimits } from '../../../../core/adapters/adapter.js';
import { RecoveringMemoryAdapter } from '../../../../core/adapters/recovery/memory-adapter.js';
import { PacketType } from '../../../../core/protocol/socketio/packet.js';
import { connect, event, everybody, TestNamespace, type TestSocket } from '../../../support/adapter.js';
import { TestClock } from '../../../support/test-clock.js';

function setup(limits: Partial<RecoveryLimits> = {}) {
  const clock = new TestClock();
  const namespace = new TestNamespace();
  const adapter = new RecoveringMemoryAdapter(
    namespace,
    { maxDisconnectionDuration: 10_000, maxBytes: 1_000_000, maxSessions: 100, ...limits },
    clock,
  );
  return {
    clock,
    namespace,
    adapter,
    socket: (id: string, rooms: string[] = [], recovered = false) => connect(namespace, adapter, id, rooms, recovered),
    /** The socket loses its connection. */
    lose(socket: TestSocket, data: unknown = {}) {
      const rooms = [...adapter.socketRooms(socket.id)!];
      adapter.persistSession({ sid: socket.id, pid: `pid of ${socket.id}`, rooms, data });
      adapter.delAll(socket.id);
      namespace.sockets.delete(socket.id);
    },
    restore: (socket: TestSocket, offset?: string) => adapter.restoreSession(`pid of ${socket.id}`, offset),
  };
}

/** The offset of an event, as a client takes it from the wire. */
function offsetOf(text: unknown): string {
  return JSON.parse((text as string).slice(2)).at(-1);
}

/** What a session missed, as its client reads it. */
function packetsOf(session: FoundSession): unknown[][] | null {
  return session.takeMissed()?.map(({ parts }) => JSON.parse((parts[0] as string).slice(2))) ?? null;
}

/** Names of what a session missed. */
function missed(session: FoundSession | null) {
  return session === null ? null : (packetsOf(session)?.map(([name]) => name) ?? null);
}

describe('offsets', () => {
  test('every event carries one, as its last argument, each another', () => {
    const { adapter, socket } = setup();
    const a = socket('a');
    adapter.broadcast(event('x'), everybody);
    adapter.broadcast(event('y', 1), everybody.to('a'));
    const [x, y] = a.texts.map((text) => JSON.parse((text as string).slice(2)));
    expect(x).toEqual(['x', expect.any(String)]);
    expect(y).toEqual(['y', 1, expect.any(String)]);
    expect(x.at(-1)).not.toBe(y.at(-1));
  });

  test('not so what has an answer, and what is volatile', () => {
    const { adapter, socket } = setup();
    const a = socket('a');
    adapter.broadcast({ ...event('question'), id: 1 }, everybody);
    adapter.broadcast(event('volatile', 1), everybody.with({ volatile: true }));
    adapter.broadcast({ type: PacketType.DISCONNECT, nsp: '/', data: undefined }, everybody);
    expect(a.texts).toEqual(['421["question"]', '42["volatile",1]', '41']);
    expect(a.delivered[1]!.isVolatile).toBe(true);
  });

  test('a volatile event that ends with a string carries the offset of the one before, not a false one', () => {
    const { adapter, socket, lose, restore } = setup();
    const a = socket('a');
    adapter.broadcast(event('x'), everybody);
    adapter.broadcast(event('volatile', 'words'), everybody.with({ volatile: true }));
    expect(offsetOf(a.texts[1])).toBe(offsetOf(a.texts[0]));
    lose(a);
    adapter.broadcast(event('y'), everybody);
    expect(missed(restore(a, offsetOf(a.texts[1]))!)).toEqual(['y']);
  });
});

describe('coming back', () => {
  test('with id, rooms, data, and what was missed in the rooms it was in', () => {
    const { adapter, socket, lose, restore } = setup();
    const a = socket('a', ['room', 'muted']);
    adapter.broadcast(event('seen'), everybody);
    lose(a, { name: 'Ann' });
    adapter.broadcast(event('all'), everybody);
    adapter.broadcast(event('room'), everybody.to('room'));
    adapter.broadcast(event('direct'), everybody.to('a'));
    adapter.broadcast(event('elsewhere'), everybody.to('other'));
    adapter.broadcast(event('not for the muted'), everybody.without('muted'));
    adapter.broadcast(event('volatile'), everybody.with({ volatile: true }));
    const session = restore(a, offsetOf(a.texts[0]))!;
    expect(session).toMatchObject({ sid: 'a', pid: 'pid of a', rooms: ['a', 'room', 'muted'], data: { name: 'Ann' } });
    const packets = packetsOf(session)!;
    expect(packets.map(([name]) => name)).toEqual(['all', 'room', 'direct']);
    // They carry their offsets: the client may lose its connection again.
    for (const packet of packets) expect(packet.at(-1)).toEqual(expect.any(String));
  });

  test('what was sent but not received is sent again', () => {
    const { adapter, socket, lose, restore } = setup();
    const a = socket('a');
    for (const name of ['1', '2', '3']) adapter.broadcast(event(name), everybody);
    lose(a);
    expect(missed(restore(a, offsetOf(a.texts[0])))).toEqual(['2', '3']);
  });

  test('once: a replayed pid finds nothing', () => {
    const { socket, lose, restore, adapter } = setup();
    const a = socket('a');
    adapter.broadcast(event('x'), everybody);
    lose(a);
    expect(restore(a, offsetOf(a.texts[0]))).not.toBeNull();
    expect(restore(a, offsetOf(a.texts[0]))).toBeNull();
  });

  test('a session nobody knows', () => {
    expect(setup().adapter.restoreSession('guessed', undefined)).toBeNull();
  });

  test.each(['', 'nonsense', 'x.1', '.1', '1', '__proto__', 'x.zzzzzzzzzzzzzzzz'])(
    'an offset that is not ours: %j',
    (offset) => {
      const { adapter, socket, lose, restore } = setup();
      const a = socket('a');
      adapter.broadcast(event('x'), everybody);
      lose(a);
      expect(restore(a, offset)).toBeNull();
    },
  );

  test('an offset from the future, from another process', () => {
    const one = setup();
    const a = one.socket('a');
    one.adapter.broadcast(event('x'), everybody);
    const offset = offsetOf(a.texts[0]);
    one.lose(a);
    const [epoch] = offset.split('.');
    expect(one.restore(a, `${epoch}.zz`)).toBeNull();
    const other = setup();
    const b = other.socket('a');
    other.adapter.broadcast(event('x'), everybody);
    other.lose(b);
    expect(other.restore(b, offset)).toBeNull();
    expect(one.restore(a, offset)).not.toBeNull();
  });
});

describe('until the socket takes its place', () => {
  test('what is sent after the session was found is missed, too', () => {
    const { adapter, socket, lose, restore } = setup();
    const a = socket('a', ['room']);
    adapter.broadcast(event('seen'), everybody);
    lose(a);
    adapter.broadcast(event('away'), everybody);
    const session = restore(a, offsetOf(a.texts[0]));
    adapter.broadcast(event('while middlewares run'), everybody.to('room'));
    expect(missed(session)).toEqual(['away', 'while middlewares run']);
  });

  test('middlewares that take longer than the log lasts leave nothing that could be promised', () => {
    const { adapter, socket, lose, restore } = setup({ maxBytes: 1000 });
    const a = socket('a');
    adapter.broadcast(event('seen'), everybody);
    lose(a);
    const session = restore(a, offsetOf(a.texts[0]))!;
    for (const name of ['1', '2', '3']) adapter.broadcast(event(name, 'x'.repeat(100)), everybody);
    expect(session.takeMissed()).toBeNull();
  });

  test('a client that is lost again before it was there can come back, in time', () => {
    for (const [wait, isKept] of [
      [9999, true],
      [10_000, false],
    ] as const) {
      const { clock, adapter, socket, lose, restore } = setup();
      const [a, b] = [socket('a'), socket('b')];
      adapter.broadcast(event('seen'), everybody);
      lose(a);
      lose(b);
      const session = restore(a, offsetOf(a.texts[0]))!;
      adapter.broadcast(event('missed'), everybody);
      session.release();
      clock.advance(wait);
      expect(missed(restore(a, offsetOf(a.texts[0])))).toEqual(isKept ? ['missed'] : null);
    }
  });
});

describe('a client that has no offset yet', () => {
  test('gets what it missed since it was lost, and nothing from before it came', () => {
    const { adapter, socket, lose, restore } = setup();
    adapter.broadcast(event('before it came'), everybody);
    const a = socket('a');
    adapter.broadcast(event('elsewhere'), everybody.to('other'));
    lose(a);
    adapter.broadcast(event('missed'), everybody);
    expect(missed(restore(a))).toEqual(['missed']);
  });

  test('... and what was sent to it, but not received', () => {
    const { adapter, socket, lose, restore } = setup();
    adapter.broadcast(event('before it came'), everybody);
    const a = socket('a');
    adapter.broadcast(event('sent'), everybody);
    lose(a);
    adapter.broadcast(event('missed'), everybody);
    expect(missed(restore(a))).toEqual(['sent', 'missed']);
  });
});

describe('limits', () => {
  test('a session is kept as long as it says', () => {
    for (const [wait, isKept] of [
      [9999, true],
      [10_000, false],
    ] as const) {
      const { clock, adapter, socket, lose, restore } = setup();
      const a = socket('a');
      adapter.broadcast(event('x'), everybody);
      lose(a);
      clock.advance(wait);
      expect(restore(a, offsetOf(a.texts[0])) !== null).toBe(isKept);
    }
  });

  test('events that are too old are gone, and with them who would need them', () => {
    const { clock, adapter, socket, lose, restore } = setup();
    const [a, b] = [socket('a'), socket('b')];
    adapter.broadcast(event('1'), everybody);
    adapter.broadcast(event('2'), everybody);
    clock.advance(10_001);
    lose(a);
    lose(b);
    adapter.broadcast(event('3'), everybody);
    // a has seen 2, b has not.
    expect(missed(restore(a, offsetOf(a.texts[1])))).toEqual(['3']);
    expect(restore(b, offsetOf(b.texts[0]))).toBeNull();
  });

  test('events beyond the bytes are gone, the oldest first', () => {
    const { adapter, socket, lose, restore } = setup({ maxBytes: 1000 });
    const [a, b] = [socket('a'), socket('b')];
    adapter.broadcast(event('0'), everybody);
    lose(a);
    adapter.broadcast(event('1', 'x'.repeat(100)), everybody);
    adapter.broadcast(event('2', 'x'.repeat(100)), everybody);
    const seenOne = offsetOf(b.texts[1]);
    lose(b);
    adapter.broadcast(event('3', 'x'.repeat(100)), everybody);
    expect(restore(a, offsetOf(a.texts[0]))).toBeNull();
    expect(missed(restore(b, seenOne))).toEqual(['2', '3']);
  });

  test('they go when their time is over, also when nothing happens any more', () => {
    const { clock, adapter, socket, lose } = setup();
    const a = socket('a');
    adapter.broadcast(event('1', 'x'.repeat(1000)), everybody);
    lose(a);
    expect(adapter.heldBytes).toBeGreaterThan(1000);
    clock.advance(9999);
    expect(adapter.heldBytes).toBeGreaterThan(1000);
    clock.advance(1001);
    expect(adapter.heldBytes).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('a small piece of a large buffer is kept, and not the buffer', () => {
    const { adapter, socket, lose, restore } = setup();
    const a = socket('a');
    adapter.broadcast(event('0'), everybody);
    lose(a);
    const piece = new Uint8Array(new ArrayBuffer(65_536), 100, 3);
    adapter.broadcast({ type: PacketType.EVENT, nsp: '/', data: ['image', piece] }, everybody);
    const [message] = restore(a, offsetOf(a.texts[0]))!.takeMissed()!;
    const kept = message!.parts[1] as Uint8Array;
    expect([kept.byteLength, kept.buffer.byteLength]).toEqual([3, 3]);
  });

  test('clients that come back together share the bytes of what they are sent', () => {
    const { adapter, socket, lose, restore } = setup();
    const [a, b] = [socket('a'), socket('b')];
    adapter.broadcast(event('0'), everybody);
    lose(a);
    lose(b);
    adapter.broadcast(event('1'), everybody);
    const offset = offsetOf(a.texts[0]);
    const [first] = restore(a, offset)!.takeMissed()!;
    expect(restore(b, offset)!.takeMissed()![0]).toBe(first);
  });

  test('only so many sessions are kept: the oldest go first', () => {
    const { socket, lose, restore } = setup({ maxSessions: 2 });
    const sockets = ['a', 'b', 'c'].map((id) => socket(id));
    for (const each of sockets) lose(each);
    expect(sockets.map((each) => restore(each)?.sid)).toEqual([undefined, 'b', 'c']);
  });

  test('without a byte to keep, only those come back who missed nothing', () => {
    const { adapter, socket, lose, restore } = setup({ maxBytes: 0 });
    const [a, b] = [socket('a'), socket('b')];
    adapter.broadcast(event('1'), everybody);
    const offset = offsetOf(a.texts[0]);
    lose(a);
    expect(missed(restore(a, offset))).toEqual([]);
    lose(b);
    adapter.broadcast(event('2'), everybody);
    expect(restore(b, offset)).toBeNull();
  });

  test('a client that was silent for long comes back when nothing was for it in between', () => {
    const { clock, adapter, socket, lose, restore } = setup();
    const a = socket('a');
    adapter.broadcast(event('for a'), everybody.to('a'));
    for (let i = 0; i < 5; i++) {
      clock.advance(9000);
      adapter.broadcast(event('elsewhere'), everybody.to('other'));
    }
    lose(a);
    adapter.broadcast(event('missed'), everybody);
    expect(missed(restore(a, offsetOf(a.texts[0])))).toEqual(['missed']);
  });

  test('a client that lost its connection again before it got what it missed is not told that it missed nothing', () => {
    const { clock, adapter, socket, lose, restore } = setup();
    const a = socket('a');
    adapter.broadcast(event('1'), everybody);
    const offset = offsetOf(a.texts[0]);
    lose(a);
    adapter.broadcast(event('2'), everybody);
    expect(missed(restore(a, offset))).toEqual(['2']);
    // Back, with the same id; the replay is on its way, but never arrives.
    const again = socket('a', [], true);
    clock.advance(10_001);
    adapter.broadcast(event('elsewhere'), everybody.to('other'));
    lose(again);
    expect(restore(again, offset)).toBeNull();
  });

  test('a log of many events stays as long as its limits', () => {
    const { clock, adapter, socket, lose, restore } = setup({ maxBytes: 50_000 });
    const a = socket('a');
    for (let i = 0; i < 20_000; i++) {
      if (i % 100 === 0) clock.advance(1);
      adapter.broadcast(event('event', i), everybody);
    }
    const offsets = a.texts.map(offsetOf);
    lose(a);
    expect(restore(a, offsets[15_000])).toBeNull();
    const session = restore(a, offsets[19_900])!;
    expect(packetsOf(session)!.map(([, i]) => i)).toEqual(Array.from({ length: 99 }, (_, i) => 19_901 + i));
  });
});

test('whatever happens, who comes back has missed nothing and gets nothing twice', () => {
  const id = fc.constantFrom('a', 'b', 'c');
  const command = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('all' as const), size: fc.nat(80) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('to' as const), id }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('volatile' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), id, unread: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('back' as const), id }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), time: fc.nat(6000) }) },
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const { clock, adapter, socket, lose, restore } = setup({ maxBytes: 3000 });
      let number = 0;
      /** A client: what it has read; what it should have; its socket while it is there. */
      const clients = new Map(
        ['a', 'b', 'c'].map((name) => [
          name,
          {
            socket: socket(name) as TestSocket | null,
            last: undefined as TestSocket | undefined,
            read: [] as number[],
            due: [] as number[],
            offset: undefined as string | undefined,
          },
        ]),
      );
      const read = (client: { read: number[]; offset: string | undefined }, data: unknown[]) => {
        client.read.push(data[1] as number);
        client.offset = data.at(-1) as string;
      };
      for (const command of commands) {
        if (command.do === 'wait') clock.advance(command.time);
        else if (command.do === 'volatile')
          adapter.broadcast(event('volatile', 'text'), everybody.to('nobody').with({ volatile: true }));
        else if (command.do === 'all') {
          adapter.broadcast(event('all', ++number, 'x'.repeat(command.size)), everybody);
          for (const client of clients.values()) client.due.push(number);
        } else if (command.do === 'to') {
          adapter.broadcast(event('to', ++number), everybody.to(command.id));
          clients.get(command.id)!.due.push(number);
        } else if (command.do === 'lose') {
          const client = clients.get(command.id)!;
          if (client.socket === null) continue;
          const { texts } = client.socket;
          for (const text of texts.slice(0, Math.max(0, texts.length - command.unread)))
            read(client, JSON.parse((text as string).slice(2)));
          client.last = client.socket;
          client.socket = null;
          lose(client.last);
        } else {
          const client = clients.get(command.id)!;
          if (client.socket !== null) continue;
          const session = restore(client.last!, client.offset);
          if (session === null) {
            // A new session: what it missed is lost, and it knows.
            client.read = [];
            client.due = [];
            client.offset = undefined;
            client.socket = socket(command.id);
          } else {
            for (const data of packetsOf(session)!) read(client, data);
            expect(client.read).toEqual(client.due);
            client.socket = socket(command.id, [], true);
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});
