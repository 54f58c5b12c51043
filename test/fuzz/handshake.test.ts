import fc from 'fast-check';
import { HandshakeErrors } from '../../core/errors.js';
import { parseHandshake, parseQuery } from '../../core/protocol/engineio/handshake.js';
import { name } from './support/arbitraries.js';
import { fuzz } from './support/fuzz.js';

const parameter = fc
  .tuple(
    fc.oneof(fc.constantFrom('transport', 'EIO', 'sid', 't', 'b64', 'j'), name),
    fc.oneof(fc.constantFrom('polling', 'websocket', '4', '3', '5', '04', '', 'webtransport', '%', '%ff', '%00'), name),
  )
  .map(([key, value]) => `${key}=${value}`);

const url = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('', 'EIO=4&transport=polling', 'EIO=4&transport=websocket', 'EIO=4&transport=polling&sid=abc'),
        fc.array(parameter, { maxLength: 5 }),
      )
      .map(([start, rest]) => `/socket.io/?${[start, ...rest].join('&')}`),
  },
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    undefined,
    '',
    '?',
    `/socket.io/?${'a=b&'.repeat(5000)}`,
    `/socket.io/?transport=${'%'.repeat(1000)}`,
  ),
);

const TRANSPORTS = ['polling', 'websocket'];

interface Input {
  method: string | undefined;
  url: string | undefined;
  origin: string | undefined;
  isUpgrade: boolean;
}

fuzz<Input>({
  name: 'handshake',
  inputs: fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS', '', undefined),
    url,
    origin: fc.oneof(
      fc.constantFrom(undefined, '', 'null', 'https://example.org'),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    isUpgrade: fc.boolean(),
  }),
  check({ url, ...request }) {
    const query = parseQuery(url);
    const handshake = parseHandshake({ ...request, query }, TRANSPORTS);
    switch (handshake.kind) {
      case 'reject':
        expect(Object.hasOwn(HandshakeErrors, handshake.error)).toBe(true);
        break;
      case 'resume':
        expect(typeof handshake.sid).toBe('string');
        expect(handshake.sid).not.toBe('');
        expect(TRANSPORTS).toContain(handshake.transport);
        break;
      case 'open':
        expect(request.method).toBe('GET');
        expect(handshake.transport).toBe(request.isUpgrade ? 'websocket' : 'polling');
        expect(query.EIO).toBe('4');
        break;
    }
    // The query is data: it inherits nothing, and nothing inherits from it.
    expect(Object.getPrototypeOf(query)).toBeNull();
    expect(({} as Record<string, unknown>).transport).toBeUndefined();
  },
});
