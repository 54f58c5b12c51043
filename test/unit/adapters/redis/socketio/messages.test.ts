import {
  encodeBroadcast,
  ReceivedBroadcast,
  readBroadcast,
  senderOf,
} from '../../../../../core/adapters/redis/socketio/broadcasts.js';
import { SocketioChannels } from '../../../../../core/adapters/redis/socketio/channels.js';
import { decodeRequest, encodeRequest } from '../../../../../core/adapters/redis/socketio/requests.js';
import { decodeResponse, encodeResponse, readAnswer } from '../../../../../core/adapters/redis/socketio/responses.js';
import { ProtocolError } from '../../../../../core/errors.js';
import { encode } from '../../../../../core/protocol/msgpack/encode.js';
import { type BroadcastOptions, Selection } from '../../../../../core/rooms/selection.js';

const { everybody } = Selection;
const packed = (...message: unknown[]) => encode(message);
const options = { rooms: [], except: [], flags: {} };
const noOptions: BroadcastOptions = { rooms: new Set(), except: new Set(), flags: {} };

describe('channels', () => {
  test('are those of the official adapter', () => {
    const channels = new SocketioChannels('socket.io', '/x');
    expect(channels).toMatchObject({
      broadcast: 'socket.io#/x#',
      pattern: 'socket.io#/x#*',
      request: 'socket.io-request#/x#',
      response: 'socket.io-response#/x#',
    });
    expect(channels.responseTo('abcdef')).toBe('socket.io-response#/x#abcdef#');
    expect(channels.of(new Set())).toBe('socket.io#/x#');
    expect(channels.of(new Set(['r']))).toBe('socket.io#/x#r#');
    expect(channels.of(new Set([5 as never]))).toBe('socket.io#/x#5#');
    expect(channels.of(new Set(['r', 's']))).toBe('socket.io#/x#');
  });

  test.each([
    ['socket.io#/x#', undefined],
    ['socket.io#/x#r#', 'r'],
    ['socket.io#/x##', ''],
    ['socket.io#/x#a#b#', 'a#b'],
  ])('%s is for the room %s', (channel, room) => {
    expect(new SocketioChannels('socket.io', '/x').roomOf(channel)).toBe(room);
  });

  test('a name is not a pattern', () => {
    expect(new SocketioChannels('k*', '/a?[b]\\').pattern).toBe('k\\*#/a\\?\\[b\\]\\\\#*');
  });
});

describe('broadcasts', () => {
  test('come back as they were, event and all', () => {
    const bytes = encodeBroadcast(
      'abcdef',
      '/x',
      ['news', { a: 1 }],
      everybody.to('r').without('q').with({ volatile: true, compress: false }),
    );
    const broadcast = readBroadcast(bytes) as ReceivedBroadcast;
    expect(broadcast).toBeInstanceOf(ReceivedBroadcast);
    expect(broadcast).toMatchObject({ type: 2, nsp: '/x', data: ['news', { a: 1 }] });
    expect(broadcast.options).toEqual({
      rooms: new Set(['r']),
      except: new Set(['q']),
      flags: { volatile: true, compress: false },
    });
    expect(broadcast.encoded()).toBe('2/x,["news",{"a":1}]');
    expect(senderOf(bytes)).toBe('abcdef');
    expect([Buffer.alloc(0), Buffer.from('{"uid":"abcdef"}'), encode(['abcdef'])].map(senderOf)).toEqual(['', '', '']);
  });

  test('with binary have no JSON', () => {
    const broadcast = readBroadcast(
      encodeBroadcast('abcdef', '/', ['x', Buffer.of(1)], everybody),
    ) as ReceivedBroadcast;
    expect(broadcast.encoded()).toBeUndefined();
    expect(broadcast.data).toEqual(['x', Buffer.of(1)]);
  });

  test('of other emitters: fields in any order, numbers as rooms, what is missing has a default', () => {
    const broadcast = readBroadcast(
      packed('emitter', { data: ['x'], id: 7, type: 5 }, { rooms: [5], flags: { later: 1 } }),
    );
    expect(broadcast).toMatchObject({ nsp: '/', data: ['x'] });
    expect((broadcast as ReceivedBroadcast).options).toEqual({ rooms: new Set([5]), except: new Set(), flags: {} });
  });

  test.each<[string, string, BroadcastOptions['rooms'], unknown[]]>([
    [
      'a broadcast to all, of socket.io-emitter for Python',
      '93a7656d697474657283a46461746193a46e6577730181a374776f9103a47479706502a36e7370a12f82a5666c616773a0a5726f6f6d73a0',
      new Set(),
      ['news', 1, { two: [3] }],
    ],
    [
      'one to a room',
      '93a7656d697474657283a46461746192ac666f722074686520726f6f6da2c3bca47479706502a36e7370a12f82a5666c616773a0a5726f6f6d7391a4726f6f6d',
      new Set(['room']),
      ['for the room', 'ü'],
    ],
  ])('understood: %s', (_what, hex, rooms, data) => {
    const broadcast = readBroadcast(Buffer.from(hex, 'hex')) as ReceivedBroadcast;
    expect(broadcast.options).toEqual({ rooms, except: new Set(), flags: {} });
    expect(broadcast.data).toEqual(data);
  });

  test.each<[string, unknown[]]>([
    ['PHP, where a map without keys is a list', [{ rooms: [], except: [], flags: [] }]],
    ['options that are empty', ['']],
    ['options that are an empty list', [[]]],
    ['more than is known', [{ rooms: [] }, 'later', { more: true }]],
  ])('understood: %s', (_what, rest) => {
    const broadcast = readBroadcast(
      packed('emitter', { type: 2, data: ['x'], nsp: '/' }, ...rest),
    ) as ReceivedBroadcast;
    expect(broadcast.options).toEqual(noOptions);
  });

  test.each<[string, Buffer]>([
    ['malformed MessagePack: nothing where a value should be, before byte 0', Buffer.alloc(0)],
    ['not a list of sender, packet and options', Buffer.from('{"uid":"x"}')],
    ['not a list of sender, packet and options', packed('a', {})],
    ['the sender is not a string', packed(1, { type: 2, data: ['x'] }, options)],
    ['the packet is not a map', packed('a', ['x'], options)],
    ['not an event', packed('a', { data: ['x'] }, options)],
    ['not an event', packed('a', { type: 1, data: ['x'] }, options)],
    ['a packet without data', packed('a', { type: 2 }, options)],
    ['the namespace is not a string', packed('a', { type: 2, data: ['x'], nsp: 1 }, options)],
    ['the data is not a list that begins with the name of an event', packed('a', { type: 2, data: [] }, options)],
    ['the data is not a list that begins with the name of an event', packed('a', { type: 2, data: 'x' }, options)],
    ['the name of the event is reserved, or not a name', packed('a', { type: 2, data: [null] }, options)],
    ['the name of the event is reserved, or not a name', packed('a', { type: 2, data: ['disconnect'] }, options)],
    ['the options is not an object', packed('a', { type: 2, data: ['x'] }, null)],
    ['"rooms" is not a list of rooms', packed('a', { type: 2, data: ['x'] }, { rooms: 'r' })],
    ['"except" is not a list of rooms', packed('a', { type: 2, data: ['x'] }, { except: [{}] })],
    ['the flags is not an object', packed('a', { type: 2, data: ['x'] }, { flags: [1] })],
    [
      'malformed MessagePack: 1 bytes after the value',
      Buffer.concat([packed('a', { type: 2, data: ['x'] }, options), Buffer.of(1)]),
    ],
  ])('refused: %s', (malformed, bytes) => {
    expect(readBroadcast(bytes)).toEqual({ malformed });
  });
});

describe('requests', () => {
  const to = everybody.to('r').without('q');
  const selected = { rooms: new Set(['r']), except: new Set(['q']), flags: {} };

  test.each<[string | Buffer, object]>([
    [encodeRequest.sockets('abcdef', 'ghijkl', ['r']), { type: 0, uid: 'abcdef', requestId: 'ghijkl', rooms: ['r'] }],
    [encodeRequest.allRooms('abcdef', 'ghijkl'), { type: 1, uid: 'abcdef', requestId: 'ghijkl' }],
    [encodeRequest.join('abcdef', to, ['s']), { type: 2, uid: 'abcdef', options: selected, rooms: ['s'] }],
    [encodeRequest.leave(undefined, to, ['s']), { type: 3, uid: undefined, options: selected, rooms: ['s'] }],
    [encodeRequest.disconnect('abcdef', to, true), { type: 4, uid: 'abcdef', options: selected, close: true }],
    [encodeRequest.fetch('abcdef', 'ghijkl', to), { type: 5, uid: 'abcdef', requestId: 'ghijkl', options: selected }],
    [
      encodeRequest.serverSideEmit('abcdef', undefined, ['x', 1]),
      { type: 6, uid: 'abcdef', requestId: undefined, data: ['x', 1] },
    ],
    [
      encodeRequest.broadcast('abcdef', 'ghijkl', '/', ['x'], to.with({ timeout: 50 })),
      {
        type: 7,
        uid: 'abcdef',
        requestId: 'ghijkl',
        packet: { type: 2, nsp: '/', data: ['x'] },
        options: { ...selected, flags: { timeout: 50 } },
      },
    ],
    [
      '{"sid":"s","room":"r","requestId":"q","type":2}',
      { type: 2, uid: undefined, options: { rooms: new Set(['s']), except: new Set(), flags: {} }, rooms: ['r'] },
    ],
    [
      '{"sid":"s","close":true,"requestId":"q","type":4}',
      { type: 4, uid: undefined, options: { rooms: new Set(['s']), except: new Set(), flags: {} }, close: true },
    ],
  ])('%s', (request, decoded) => {
    expect(decodeRequest(Buffer.from(request as string))).toEqual(decoded);
  });

  test.each<[string, string | Buffer]>([
    ['malformed JSON', '{"type":1'],
    ['malformed JSON', '{'],
    ['the message is not an object', '[1]'],
    ['the message is not an object', encode([1])],
    ['a request of unknown type', '{"type":10}'],
    ['a request of unknown type', '{"type":"2"}'],
    ['"uid" is not a string', '{"type":1,"uid":{},"requestId":"x"}'],
    ['"requestId" is not a string', '{"type":1,"uid":"x"}'],
    ['"requestId" is not a string', '{"type":5,"opts":{},"requestId":5}'],
    ['"rooms" is not a list of rooms', '{"type":2,"opts":{"rooms":[]},"rooms":{"length":1}}'],
    ['"sid" is not a string', '{"type":2}'],
    ['"room" is not a list of rooms', '{"type":3,"sid":"x"}'],
    ['the options is not an object', '{"type":5,"requestId":"x"}'],
    ['the data is not a list that begins with the name of an event', '{"type":6,"data":{}}'],
    ['the data is not a list that begins with the name of an event', '{"type":6,"data":[{}]}'],
    ['the data is not a list that begins with the name of an event', '{"type":6,"data":["connection",{}]}'],
    ['the data is not a list that begins with the name of an event', '{"type":6,"data":["disconnect"]}'],
    ['the packet is not an object', '{"type":7,"requestId":"x","opts":{}}'],
    ['not an event', '{"type":7,"requestId":"x","opts":{},"packet":{"type":0,"data":["x"]}}'],
    ['the data is not a list', '{"type":7,"requestId":"x","opts":{},"packet":{"type":2,"data":{"0":"x"}}}'],
    ['the namespace is not a string', '{"type":7,"requestId":"x","opts":{},"packet":{"type":2,"nsp":1,"data":["x"]}}'],
  ])('refused: %s: %s', (malformed, request) => {
    const outcome = decodeRequest(Buffer.from(request as string)) as { malformed: string };
    expect(Object.keys(outcome)).toEqual(['malformed']);
    if (!outcome.malformed.startsWith('malformed MessagePack')) expect(outcome.malformed).toBe(malformed);
  });
});

describe('responses', () => {
  const socket = { id: 's', handshake: { url: '/' }, rooms: ['s', 5 as never], data: { a: null } };

  test.each<[string | Buffer, (fields: any) => unknown, unknown]>([
    [encodeResponse.socketIds('ghijkl', ['s']), readAnswer.socketIds, ['s']],
    [encodeResponse.rooms('ghijkl', ['r', 5 as never]), readAnswer.rooms, ['r', 5]],
    [encodeResponse.sockets('ghijkl', [socket]), readAnswer.sockets, [socket]],
    [encodeResponse.serverSideEmit('ghijkl', 'yes'), readAnswer.serverSideEmit, 'yes'],
    [encodeResponse.serverSideEmit('ghijkl', undefined), readAnswer.serverSideEmit, undefined],
    [encodeResponse.clientCount('ghijkl', 3), readAnswer.clientCount, 3],
    [encodeResponse.ack('ghijkl', Buffer.of(1)), ({ type, packet }) => [type, packet], [9, Buffer.of(1)]],
  ])('%s', (response, read, answer) => {
    const decoded = decodeResponse(Buffer.from(response as string));
    expect(decoded).toMatchObject({ requestId: 'ghijkl' });
    expect(read((decoded as { fields: object }).fields)).toEqual(answer);
  });

  test.each([['{"rooms":[]}'], ['{"requestId":1}'], ['x'], ['']])('refused: %s', (response) => {
    expect(decodeResponse(Buffer.from(response))).toEqual({ malformed: expect.any(String) });
  });

  test.each<[(fields: any) => unknown, object]>([
    [readAnswer.socketIds, { sockets: [1] }],
    [readAnswer.socketIds, {}],
    [readAnswer.rooms, { rooms: [null] }],
    [readAnswer.sockets, { sockets: {} }],
    [readAnswer.sockets, { sockets: [null] }],
    [readAnswer.sockets, { sockets: [{ ...socket, id: 1 }] }],
    [readAnswer.sockets, { sockets: [{ ...socket, handshake: null }] }],
    [readAnswer.sockets, { sockets: [{ ...socket, rooms: 'r' }] }],
    [readAnswer.serverSideEmit, { type: 5 }],
    [readAnswer.clientCount, { clientCount: -1 }],
    [readAnswer.clientCount, { clientCount: '1' }],
  ])('an answer that is none: %p %j', (read, fields) => {
    expect(() => read(fields)).toThrow(ProtocolError);
  });
});
