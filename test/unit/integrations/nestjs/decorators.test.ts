import 'reflect-metadata';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  EmitTo,
  EventArg,
  JoinRoom,
  LeaveRoom,
  type RoomName,
  ToRoom,
  UseConnectionGuards,
} from '../../../../integrations/nestjs/index.js';
import { resolveRooms } from '../../../../integrations/nestjs/rooms/names.js';
import type { RoomContext } from '../../../../integrations/nestjs/rooms/plan.js';

const context = { socket: { id: 'me' }, event: 'e', args: ['zero', 1] } as unknown as RoomContext;
const resolve = (names: RoomName[], body?: unknown) => resolveRooms(names, body, context);

describe('names of rooms', () => {
  it.each([
    ['lobby', undefined, ['lobby']],
    ['room:{id}', { id: 7 }, ['room:7']],
    ['{a}-{b.c}', { a: 'x', b: { c: false } }, ['x-false']],
    ['{0}/{1}', undefined, ['zero/1']],
    ['a{}b'.replace('{}', ''), {}, ['ab']],
  ])('%s', async (name, body, rooms) => {
    expect(await resolve([name], body)).toEqual(rooms);
  });

  it.each([
    ['{id}', {}],
    ['{id}', undefined],
    ['{id}', { id: '' }],
    ['{id}', { id: Number.NaN }],
    ['{id}', { id: ['a'] }],
    ['{constructor.name}', {}],
    ['{length}', 'text'],
    ['{9}', {}],
  ])('%s of %j is missing', async (name, body) => {
    await expect(resolve([name], body)).rejects.toThrow('is missing: it names the room');
  });

  it('a function may name one, several, or none, and may take its time', async () => {
    const names: RoomName[] = [
      (body) => body.id,
      async (_body, { args }) => ['b', String(args[0])],
      () => undefined,
      () => [],
      'a',
    ];
    expect(await resolve(names, { id: 'a' })).toEqual(['a', 'b', 'zero']);
    for (const wrong of [() => 5, () => ['a', ''], () => [null]]) {
      await expect(resolve([wrong as never])).rejects.toThrow('a function named the room');
    }
  });
});

describe('mistakes are found when the class is written', () => {
  it.each([
    ['no room', () => JoinRoom(...([] as unknown as ['a'])), '@JoinRoom() needs the name of a room'],
    ['an empty name', () => LeaveRoom(''), '@LeaveRoom() takes names of rooms'],
    ['a number', () => ToRoom(7 as never), '@ToRoom() takes names of rooms'],
    ['no room to send to', () => ToRoom([]), '@ToRoom() needs the name of a room'],
    ['an empty placeholder', () => JoinRoom('room:{}'), '{} is no field; write {id}, {user.id} or {0}'],
    ['an expression', () => EmitTo('e', 'room:{a + b}'), '{a + b} is no field'],
    ['no event', () => EmitTo(''), '@EmitTo() takes the name of an event first'],
    ['a negative position', () => EventArg(-1), '@EventArg() takes the position of an argument'],
    ['a name for a position', () => EventArg('id' as never), 'got id'],
    ['no guard', () => UseConnectionGuards(...([] as unknown as [never])), 'needs at least one guard'],
    ['a class that is no guard', () => UseConnectionGuards(class Door {} as never), 'Door is no guard'],
    ['nothing for a guard', () => UseConnectionGuards(undefined as never), 'undefined is no guard'],
  ])('%s', (_what, decorate, message) => {
    expect(decorate).toThrow(TypeError);
    expect(decorate).toThrow(message);
  });

  it('room decorators on a property or a static method', () => {
    const decorate = JoinRoom('a') as (target: object, name: string, descriptor?: PropertyDescriptor) => void;
    class Gateway {
      static method() {}
      method() {}
    }
    expect(() => decorate(Gateway.prototype, 'property')).toThrow('not on property');
    expect(() => decorate(Gateway, 'method', Object.getOwnPropertyDescriptor(Gateway, 'method'))).toThrow(
      'not on method',
    );
  });

  it('guards at connect on a method', () => {
    const decorate = UseConnectionGuards({ canActivate: () => true }) as Function;
    expect(() => decorate({}, 'method', {})).toThrow('for single messages there is @UseGuards()');
  });
});

it('room decorators keep the name and the metadata of the method', () => {
  @WebSocketGateway()
  class Gateway {
    @JoinRoom('a')
    @SubscribeMessage('below')
    below() {}
    @SubscribeMessage('above')
    @LeaveRoom('a')
    @ToRoom('a')
    above() {}
  }
  for (const name of ['below', 'above'] as const) {
    const method = Gateway.prototype[name];
    expect(method.name).toBe(name);
    expect(Reflect.getMetadata('message', method)).toBe(name);
  }
});
