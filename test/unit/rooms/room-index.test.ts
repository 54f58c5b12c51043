import { inspect } from 'node:util';
import fc from 'fast-check';
import { RoomIndex, type RoomObserver } from '../../../core/rooms/room-index.js';

class Observed implements RoomObserver {
  readonly events: string[] = [];
  onCreate(room: string): void {
    this.events.push(`create ${room}`);
  }
  onJoin(room: string, id: string): void {
    this.events.push(`join ${room} ${id}`);
  }
  onLeave(room: string, id: string): void {
    this.events.push(`leave ${room} ${id}`);
  }
  onDelete(room: string): void {
    this.events.push(`delete ${room}`);
  }
  take(): string[] {
    return this.events.splice(0);
  }
}

function indexOf(entries: Record<string, string[]>, observer: RoomObserver = new Observed()) {
  const index = new RoomIndex<string>((id) => id, observer);
  for (const [id, rooms] of Object.entries(entries)) index.join(id, rooms);
  return index;
}

function visited(index: RoomIndex<string>, rooms: string[], except: string[] = []): string[] {
  const members: string[] = [];
  index.each(new Set(rooms), new Set(except), (member) => members.push(member));
  return members;
}

describe('who is visited', () => {
  const index = indexOf({ ann: ['a', 'b'], bob: ['b'], cem: ['c'], dee: ['a', 'b', 'c'] });

  test.each([
    [[], [], ['ann', 'bob', 'cem', 'dee']],
    [['a'], [], ['ann', 'dee']],
    [['a', 'b'], [], ['ann', 'dee', 'bob']],
    [['nobody here'], [], []],
    [['nobody here', 'c'], [], ['cem', 'dee']],
    [[], ['b'], ['cem']],
    [['a', 'c'], ['b'], ['cem']],
    [['a'], ['a'], []],
    [['a'], ['nobody here'], ['ann', 'dee']],
  ])('in any of %j, in none of %j', (rooms, except, expected) => {
    expect(visited(index, rooms, except)).toEqual(expected);
  });

  test('without exceptions at all', () => {
    const members: string[] = [];
    index.each(new Set(['c']), undefined, (member) => members.push(member));
    expect(members).toEqual(['cem', 'dee']);
  });

  test('a visit within a visit changes nothing about the outer one', () => {
    const outer: string[] = [];
    const inner: string[][] = [];
    index.each(new Set(['a', 'b', 'c']), new Set(['c']), (member) => {
      outer.push(member);
      inner.push(visited(index, ['a', 'c'], ['b']));
    });
    expect(outer).toEqual(['ann', 'bob']);
    expect(inner).toEqual([['cem'], ['cem']]);
  });

  test('a visit that throws leaves the index as it was', () => {
    const fail = () => {
      throw new Error('visitor');
    };
    expect(() => index.each(new Set(['a']), undefined, fail)).toThrow('visitor');
    expect(visited(index, ['a', 'b'], ['c'])).toEqual(['ann', 'bob']);
  });
});

test('rooms that nobody is in', () => {
  const index = indexOf({ ann: ['a'] });
  expect(visited(index, ['nowhere'])).toEqual([]);
  expect(visited(index, ['a', 'nowhere'], ['neither'])).toEqual(['ann']);
  const inside: string[][] = [];
  index.each(new Set(['a']), new Set(), () => inside.push(visited(index, ['nowhere', 'a'], ['neither'])));
  expect(inside).toEqual([['ann']]);
});

describe('members that are not known yet', () => {
  test('are skipped until they join again', () => {
    const known = new Map<string, string>();
    const index = new RoomIndex<string>((id) => known.get(id), new Observed());
    index.join('ann', ['a']);
    expect(visited(index, ['a'])).toEqual([]);
    known.set('ann', 'Ann');
    index.join('ann', ['ann']);
    expect(visited(index, ['a'])).toEqual(['Ann']);
  });

  test('a new member can be reached from within its first join', () => {
    const reached: string[][] = [];
    class Greeter extends Observed {
      override onJoin(room: string): void {
        reached.push(visited(index, [room]));
      }
    }
    const index: RoomIndex<string> = new RoomIndex<string>((id) => id, new Greeter());
    index.join('ann', ['a', 'b']);
    expect(reached).toEqual([['ann'], ['ann']]);
  });
});

describe('what the observer hears', () => {
  test('each change once, in order', () => {
    const observer = new Observed();
    const index = indexOf({}, observer);
    index.join('ann', ['a', 'b', 'a']);
    expect(observer.take()).toEqual(['create a', 'join a ann', 'create b', 'join b ann']);
    index.join('bob', ['a']);
    index.join('bob', ['a']);
    expect(observer.take()).toEqual(['join a bob']);
    index.leave('ann', 'a');
    index.leave('ann', 'a');
    index.leave('ann', 'unknown');
    index.leave('unknown', 'a');
    expect(observer.take()).toEqual(['leave a ann']);
    index.leaveAll('bob');
    index.leaveAll('bob');
    expect(observer.take()).toEqual(['leave a bob', 'delete a']);
    index.leaveAll('ann');
    expect(observer.take()).toEqual(['leave b ann', 'delete b']);
  });

  test('an id that leaves everything still has its rooms while the observer hears about each', () => {
    const seen: string[][] = [];
    class Looking extends Observed {
      override onLeave(_room: string, id: string): void {
        seen.push([...(index.roomsOf(id) ?? [])]);
      }
    }
    const index: RoomIndex<string> = indexOf({ ann: ['a', 'b'] }, new Looking());
    index.leaveAll('ann');
    expect(seen).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(index.roomsOf('ann')).toBeUndefined();
  });

  test('somebody who joins while the last one leaves keeps the room alive', () => {
    class Replacing extends Observed {
      override onLeave(room: string, id: string): void {
        super.onLeave(room, id);
        if (id === 'ann') index.join('bob', [room]);
      }
    }
    const observer = new Replacing();
    const index: RoomIndex<string> = indexOf({ ann: ['a'] }, observer);
    index.leave('ann', 'a');
    expect(visited(index, ['a'])).toEqual(['bob']);
    expect(observer.take()).not.toContain('delete a');
    expect(index.has('a')).toBe(true);
  });
});

describe('views', () => {
  test('show what is there, live', () => {
    const index = indexOf({ ann: ['a'] });
    const { rooms, sids } = index;
    const a = rooms.get('a')!;
    expect([...a]).toEqual(['ann']);
    index.join('bob', ['a', 'b']);
    expect([...a]).toEqual(['ann', 'bob']);
    expect(a.size).toBe(2);
    expect(a.has('bob')).toBe(true);
    expect([...a.values()]).toEqual(['ann', 'bob']);
    expect([...a.entries()]).toEqual([
      ['ann', 'ann'],
      ['bob', 'bob'],
    ]);
    expect([...rooms.keys()]).toEqual(['a', 'b']);
    expect(rooms.size).toBe(2);
    expect(rooms.has('b')).toBe(true);
    expect(rooms.get('x')).toBeUndefined();
    expect([...rooms].map(([room, ids]) => [room, [...ids]])).toEqual([
      ['a', ['ann', 'bob']],
      ['b', ['bob']],
    ]);
    expect([...sids].map(([id, each]) => [id, [...each]])).toEqual([
      ['ann', ['a']],
      ['bob', ['a', 'b']],
    ]);
    expect([...sids.values()].map((each) => each.size)).toEqual([1, 2]);
    const called: string[] = [];
    rooms.forEach((ids, room, map) => {
      expect(map).toBe(rooms);
      ids.forEach((id, same) => {
        expect(same).toBe(id);
        called.push(`${room} ${id}`);
      });
    });
    expect(called).toEqual(['a ann', 'a bob', 'b bob']);
  });

  test('the set of rooms of an id is the live one', () => {
    const index = indexOf({ ann: ['a'] });
    const rooms = index.roomsOf('ann')!;
    index.join('ann', ['b']);
    expect([...rooms]).toEqual(['a', 'b']);
    expect(index.roomsOf('ann')).toBe(rooms);
    expect(index.sids.get('ann')).toBe(rooms);
    expect(index.roomsOf('nobody')).toBeUndefined();
  });

  test('print like a map and a set', () => {
    const { rooms } = indexOf({ ann: ['a'] });
    expect(inspect(rooms, { depth: 0 })).toContain("'a' =>");
    expect(inspect(rooms.get('a'))).toBe("Set(1) { 'ann' }");
  });

  test('cannot be written to', () => {
    const { rooms, sids } = indexOf({ ann: ['a'] });
    const refused = /adapter\.rooms and adapter\.sids are views/;
    expect(() => rooms.set('b', new Set())).toThrow(refused);
    expect(() => rooms.delete('a')).toThrow(refused);
    expect(() => sids.clear()).toThrow(refused);
    expect(() => rooms.get('a')!.add('bob')).toThrow(refused);
    expect(() => rooms.get('a')!.delete('ann')).toThrow(refused);
    expect(() => rooms.get('a')!.clear()).toThrow(refused);
  });
});

/** The obvious way: sets of ids, looked up for each question. */
class Model {
  readonly rooms = new Map<string, Set<string>>();

  join(id: string, rooms: string[]): void {
    for (const room of rooms) this.rooms.set(room, (this.rooms.get(room) ?? new Set()).add(id));
  }
  leave(id: string, room: string): void {
    this.rooms.get(room)?.delete(id);
    if (this.rooms.get(room)?.size === 0) this.rooms.delete(room);
  }
  leaveAll(id: string): void {
    for (const room of [...this.rooms.keys()]) this.leave(id, room);
  }
  roomsOf(id: string): string[] {
    return [...this.rooms].filter(([, ids]) => ids.has(id)).map(([room]) => room);
  }
  select(rooms: string[], except: string[], everybody: Iterable<string>): string[] {
    const inAny = (id: string, list: string[]) => list.some((room) => this.rooms.get(room)?.has(id));
    return [...everybody].filter((id) => (rooms.length === 0 || inAny(id, rooms)) && !inAny(id, except));
  }
}

test('whatever happens, it answers as sets of ids would', () => {
  const id = fc.constantFrom('i1', 'i2', 'i3', 'i4');
  const room = fc.constantFrom('i1', 'r1', 'r2', 'r3', '__proto__');
  const rooms = fc.array(room, { maxLength: 3 });
  const command = fc.oneof(
    fc.record({ do: fc.constant('join' as const), id, rooms }),
    fc.record({ do: fc.constant('leave' as const), id, room }),
    fc.record({ do: fc.constant('leaveAll' as const), id }),
    fc.record({ do: fc.constant('ask' as const), rooms, except: rooms }),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const observer = new Observed();
      const index = new RoomIndex<string>((each) => each, observer);
      const model = new Model();
      for (const command of commands) {
        if (command.do === 'join') {
          index.join(command.id, command.rooms);
          model.join(command.id, command.rooms);
        } else if (command.do === 'leave') {
          index.leave(command.id, command.room);
          model.leave(command.id, command.room);
        } else if (command.do === 'leaveAll') {
          index.leaveAll(command.id);
          model.leaveAll(command.id);
        } else {
          const found = visited(index, command.rooms, command.except);
          expect(new Set(found).size).toBe(found.length);
          expect(found.sort()).toEqual(model.select(command.rooms, command.except, index.sids.keys()).sort());
        }
        const seen = Object.fromEntries([...index.rooms].map(([name, ids]) => [`room ${name}`, [...ids].sort()]));
        expect(seen).toEqual(
          Object.fromEntries([...model.rooms].map(([name, ids]) => [`room ${name}`, [...ids].sort()])),
        );
        for (const [each, its] of index.sids) expect([...its].sort()).toEqual(model.roomsOf(each).sort());
      }
      // The observer's account adds up to what is there.
      const account = new Map<string, Set<string>>();
      for (const event of observer.events) {
        const [what, name, who] = event.split(' ') as [string, string, string];
        if (what === 'create') {
          expect(account.has(name)).toBe(false);
          account.set(name, new Set());
        } else if (what === 'join') account.get(name)!.add(who);
        else if (what === 'leave') expect(account.get(name)!.delete(who)).toBe(true);
        else {
          expect(account.get(name)!.size).toBe(0);
          account.delete(name);
        }
      }
      expect(account).toEqual(model.rooms);
    }),
    { numRuns: 300 },
  );
});

describe('the work grows with what is there, not faster', () => {
  /** Counts what the index does to the outside, and the rooms and members it walks through. */
  function counted() {
    const counts = { lookups: 0, events: 0, visits: 0 };
    const observer: RoomObserver = {
      onCreate: () => counts.events++,
      onJoin: () => counts.events++,
      onLeave: () => counts.events++,
      onDelete: () => counts.events++,
    };
    const index = new RoomIndex<string>((id) => {
      counts.lookups++;
      return id;
    }, observer);
    const walk = (rooms: string[], except?: string[]) => {
      index.each(new Set(rooms), except && new Set(except), () => counts.visits++);
    };
    return { index, counts, walk };
  }

  test('100,000 rooms with one member each', () => {
    const size = 100_000;
    const { index, counts, walk } = counted();
    for (let i = 0; i < size; i++) index.join(`m${i}`, [`r${i}`]);
    expect(counts).toEqual({ lookups: size, events: 2 * size, visits: 0 });
    expect(index.rooms.size).toBe(size);
    for (let i = 0; i < size; i++) walk([`r${i}`], [`r${size - 1 - i}`]);
    expect(counts.visits).toBe(size);
    walk([]);
    expect(counts.visits).toBe(2 * size);
    for (let i = 0; i < size; i++) index.leaveAll(`m${i}`);
    expect(counts).toEqual({ lookups: size, events: 4 * size, visits: 2 * size });
    expect(index.rooms.size + index.sids.size).toBe(0);
  });

  test('one room with 100,000 members', () => {
    const size = 100_000;
    const { index, counts, walk } = counted();
    for (let i = 0; i < size; i++) index.join(`m${i}`, ['all']);
    expect(counts).toEqual({ lookups: size, events: size + 1, visits: 0 });
    walk(['all'], ['nobody']);
    walk(['all', 'all again', 'all']);
    walk(['all'], ['all']);
    expect(counts.visits).toBe(2 * size);
    for (let i = 0; i < size; i++) index.leave(`m${i}`, 'all');
    expect(counts.events).toBe(2 * size + 2);
    expect(index.rooms.size).toBe(0);
  });

  test('a broadcast visits its own room only, however many others there are', () => {
    const { index, counts, walk } = counted();
    for (let i = 0; i < 10_000; i++) index.join(`m${i}`, [`r${i % 100}`, `x${i}`]);
    walk(['r7']);
    expect(counts.visits).toBe(100);
  });
});
