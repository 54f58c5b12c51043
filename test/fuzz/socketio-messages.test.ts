import fc from 'fast-check';
import { readBroadcast } from '../../core/adapters/redis/socketio/broadcasts.js';
import { decodeRequest } from '../../core/adapters/redis/socketio/requests.js';
import { decodeResponse, readAnswer } from '../../core/adapters/redis/socketio/responses.js';
import { ProtocolError } from '../../core/errors.js';
import { encode } from '../../core/protocol/msgpack/encode.js';
import { bytes, json, name } from './support/arbitraries.js';
import { fuzz } from './support/fuzz.js';
import { damaged, messagePack, value } from './support/messagepack.js';

const room = fc.oneof({ weight: 4, arbitrary: name }, fc.integer(), value);
const rooms = fc.oneof({ weight: 4, arbitrary: fc.array(room, { maxLength: 3 }) }, value);
const options = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      {
        rooms,
        except: rooms,
        flags: fc.oneof(
          fc.record({ volatile: value, compress: fc.boolean(), timeout: fc.double() }, { requiredKeys: [] }),
          value,
        ),
      },
      { requiredKeys: [] },
    ),
  },
  value,
);
const data = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, fc.array(value, { maxLength: 3 })).map(([event, args]) => [event, ...args]) },
  value,
);
const packet = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      { type: fc.constantFrom<unknown>(2, 2, 2, 5, 0, '2'), data, nsp: fc.constantFrom<unknown>('/', '/x', 5) },
      { requiredKeys: ['type'] },
    ),
  },
  value,
);
const fields = fc.record(
  {
    uid: fc.constantFrom<unknown>('abcdef', 'emitter', 5, null),
    requestId: fc.constantFrom<unknown>('ghijkl', '', 5),
    type: fc.oneof(fc.nat({ max: 11 }), value),
    opts: options,
    rooms,
    room,
    sid: room,
    close: fc.boolean(),
    data,
    packet,
    sockets: fc.oneof(
      value,
      fc.array(fc.oneof(name, fc.record({ id: room, handshake: value, rooms, data: value }, { requiredKeys: [] })), {
        maxLength: 3,
      }),
    ),
    clientCount: fc.oneof(fc.integer(), value),
  },
  { requiredKeys: [] },
);

const message = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.oneof(name, value), packet, options).map((each) => encode(each)) },
  { weight: 3, arbitrary: fields.map((each) => encode(each)) },
  { weight: 3, arbitrary: fields.map((each) => Buffer.from(JSON.stringify(each))) },
  json.map((each) => Buffer.from(JSON.stringify(each))),
  messagePack.map((each) => Buffer.from(each)),
  bytes.map((each) => Buffer.from(each)),
);

const isRoom = (each: unknown) => typeof each === 'string' || typeof each === 'number';

fuzz<Uint8Array>({
  name: 'classic-messages',
  inputs: fc.oneof({ weight: 3, arbitrary: message }, damaged(message)),
  check(input) {
    const bytes = Buffer.from(input);
    const broadcast = readBroadcast(bytes);
    if (!('malformed' in broadcast)) {
      for (const each of [...broadcast.options.rooms, ...broadcast.options.except]) expect(isRoom(each)).toBe(true);
      expect(typeof broadcast.nsp).toBe('string');
      // What is inside comes out the same both ways, or is refused both ways.
      const inside = believed(() => broadcast.data);
      const text = believed(() => broadcast.encoded());
      expect(text === refused).toBe(inside === refused);
      if (Array.isArray(inside)) expect(isRoom(inside[0])).toBe(true);
      if (typeof text === 'string') {
        expect(JSON.parse(text.slice(text.indexOf('[')))).toEqual(JSON.parse(JSON.stringify(inside)));
      }
    }

    const request = decodeRequest(bytes);
    if (!('malformed' in request)) {
      expect(request.type).toBeGreaterThanOrEqual(0);
      expect(request.type).toBeLessThanOrEqual(7);
      if ('rooms' in request) expect(request.rooms.every(isRoom)).toBe(true);
      if ('options' in request) expect([...request.options.rooms, ...request.options.except].every(isRoom)).toBe(true);
      if ('packet' in request) expect(isRoom(request.packet.data[0])).toBe(true);
      if (request.type === 6) expect(typeof request.data[0]).toBe('string');
    }

    const response = decodeResponse(bytes);
    if ('malformed' in response) return;
    expect(typeof response.requestId).toBe('string');
    for (const read of Object.values(readAnswer)) believed(() => read(response.fields));
    const sockets = believed(() => readAnswer.sockets(response.fields));
    if (Array.isArray(sockets)) for (const socket of sockets) expect(socket.rooms.every(isRoom)).toBe(true);
  },
});

const refused = Symbol('refused');

function believed<Result>(read: () => Result): Result | typeof refused {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return refused;
    throw error;
  }
}
