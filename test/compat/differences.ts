import type { Mode, Records } from '../support/compat/types.js';

/** A way in which carillon differs on purpose. */
export interface Difference {
  /** Why, in the words of one line in docs/differences.md. */
  readonly reason: string;
  /** The names of the scenarios that show it. */
  readonly scenarios: readonly string[];
  /** The modes in which it shows; every mode of the scenarios by default. */
  readonly modes?: readonly Mode[];
  /** Whose difference it is: of one package, whatever it is paired with, or only of both of ours together. */
  readonly side: 'server' | 'client' | 'both';
  /** What carillon records instead, made from what the oracle recorded (or from what an earlier entry made of it). */
  expected(records: Records): Records;
}

/** An `expected` that puts one text for another wherever it stands in the records. */
export function replacing(text: string | RegExp, by: string): Difference['expected'] {
  return (records) =>
    Object.fromEntries(
      Object.entries(records).map(([channel, lines]) => [channel, lines.map((line) => line.replaceAll(text, by))]),
    );
}

/** An `expected` that has these lines in a channel. */
export function channel(name: string, lines: string[]): Difference['expected'] {
  return (records) => ({ ...records, [name]: lines });
}

/** An `expected` that has one more line at the end of a channel. */
export function adding(name: string, line: string): Difference['expected'] {
  return (records) => ({ ...records, [name]: [...(records[name] ?? []), line] });
}

/** An `expected` that changes these channels only. */
export function within(names: readonly string[], expected: Difference['expected']): Difference['expected'] {
  return (records) => ({
    ...records,
    ...expected(Object.fromEntries(Object.entries(records).filter(([name]) => names.includes(name)))),
  });
}

/** An `expected` that has in these channels what stands in another one. */
export function like(model: string, ...names: string[]): Difference['expected'] {
  return (records) => ({ ...records, ...Object.fromEntries(names.map((name) => [name, records[model] ?? []])) });
}

/** One change after the other. */
export function all(...changes: Difference['expected'][]): Difference['expected'] {
  return (records) => changes.reduce((changed, expected) => expected(changed), records);
}

const malformed = 'whatever was malformed, the reason says so, and `forced close` is left to what the application does';
const refused =
  'a client that can read the answer can tell its user, and whoever watches `connection_error` sees them all';
const badRequest = 'connection_error "GET" 3 "Bad request" "TRANSPORT_MISMATCH" ["name", "transport"]';
const parseError = replacing('"forced close"', '"parse error"');
const moved: readonly Mode[] = ['websocket', 'upgrade'];

/** In order: what an entry makes of a record is what the next one starts from. */
const toldOfTheEnd =
  'a server that closes on purpose is no error of the network, and clients and logs should not say so';
const reservedName = '\\"carillon:x\\" is a reserved event name: \\"carillon:\\" begins those of extensions';

export const differences: readonly Difference[] = [
  {
    reason: 'extensions speak to their clients in events of these names, and no application is in their way',
    scenarios: ['names that begin with carillon:'],
    side: 'server',
    expected: all(
      channel('client', [`answer { message: "${reservedName}", status: "error" }`]),
      channel('server', [`socket "threw" Error("${reservedName}")`, `namespace "threw" Error("${reservedName}")`]),
    ),
  },
  {
    reason: 'a text that refuses has something to tell',
    scenarios: ['a middleware refuses with a text'],
    side: 'server',
    expected: channel('client', ['refused "not you" undefined']),
  },
  {
    reason: 'a text that refuses has something to tell',
    scenarios: ['errors of odd kinds given to next'],
    side: 'server',
    expected: replacing('string "44{}"', 'string "44{\\"message\\":\\"a string\\"}"'),
  },
  // --- shutting down ---
  {
    reason: toldOfTheEnd,
    scenarios: [
      'client: reason, the server closes',
      'close resolves, calls back and lets go of the port',
      'the engine closes all its clients',
      'the server shuts down',
    ],
    modes: ['polling'],
    side: 'server',
    expected: replacing('transport error', 'transport close'),
  },
  {
    // It gets as far as the new transport, and is told there.
    reason: toldOfTheEnd,
    scenarios: ['the server closes while a session is being upgraded'],
    side: 'server',
    expected: channel('server', [
      'disconnect "server shutting down"',
      'upgrade "websocket"',
      'close "resolved" undefined',
    ]),
  },
  {
    reason: toldOfTheEnd,
    scenarios: ['close with clients in the middle of a handshake'],
    modes: ['polling'],
    side: 'server',
    expected: replacing('"end: connect ECONNREFUSED <host>"', '"1"'),
  },

  // --- what is malformed ---
  {
    reason: malformed,
    scenarios: [
      'packets of no known type',
      'events without a proper payload',
      'events that are not JSON',
      'reserved names from the wire',
      'acks without a proper payload',
      'a DISCONNECT with a payload',
      'attachments that do not come as announced',
      'numbers of attachments that make no sense',
      'binary acks that do not come as announced',
      'attachments up to the limit, and one more',
      'a POST of nothing, and of empty packets',
      'packets the engine does not expect, one by one',
      'garbage for socket.io-msgpack-parser closes the connection',
      'a parser of the application that throws closes the connection',
    ],
    side: 'server',
    expected: parseError,
  },
  {
    reason: malformed,
    scenarios: ['packets that only a server sends'],
    side: 'server',
    expected: within(['44', '44[]'], parseError),
  },
  {
    reason: malformed,
    scenarios: ['a second CONNECT, with and without sense'],
    side: 'server',
    expected: within(['40"x"', '40[]', '40null', '40{"a":'], parseError),
  },
  {
    reason: malformed,
    scenarios: ['packets for a namespace that was not joined'],
    side: 'server',
    expected: within(['42/["x"]', '42/chat'], parseError),
  },
  {
    reason: 'the server closed the connection, and the documented name for that is `forced server close`',
    scenarios: [
      'packets that only a server sends',
      'a second CONNECT, with and without sense',
      'packets for a namespace that was not joined',
    ],
    side: 'server',
    expected: replacing('"forced close"', '"forced server close"'),
  },
  {
    reason: 'whoever hits a bound learns which one',
    scenarios: ['numbers of attachments that make no sense'],
    modes: moved,
    side: 'server',
    expected: all(
      within(
        ['4511-["x"]'],
        replacing('"end: closed 1005"', '"end: closed 1008 parse error: too many attachments: 11, at most 10"'),
      ),
      within(
        ['45999999999-["x"]'],
        replacing('"end: closed 1005"', '"end: closed 1008 parse error: too many attachments: 999999999, at most 10"'),
      ),
    ),
  },
  {
    reason: 'the protocol asks for an array, and a listener is never called for less',
    scenarios: ['events without a proper payload'],
    side: 'server',
    expected: like('42{}', '42', '421'),
  },
  {
    reason: 'the protocol asks for an array, and a listener is never called for less',
    scenarios: ['acks without a proper payload'],
    side: 'server',
    expected: like('430{}', '43', '430'),
  },
  {
    reason: 'there is no such attachment, and the listener would get `undefined` in its place',
    scenarios: ['attachments that do not come as announced'],
    side: 'server',
    expected: like('450-["x"]', '451-["x",{"_placeholder":true,"num":0.5}] + <01>'),
  },
  {
    reason: 'sent on, it would become two, or another number of attachments than the packet announces',
    scenarios: ['attachments that do not come as announced'],
    side: 'server',
    expected: like(
      '450-["x"]',
      '451-["x"] + <01>',
      '451-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}] + <01>',
      '451-["x",{"_placeholder":false,"num":0}] + <01>',
    ),
  },
  {
    reason: 'sent on, it would become two, or another number of attachments than the packet announces',
    scenarios: ['binary acks that do not come as announced'],
    side: 'server',
    expected: like('460-0[]', '461-[] + <01>'),
  },
  {
    reason: 'an ack id is digits; where there are none, nobody waits for an answer',
    scenarios: ['events that are not JSON'],
    side: 'server',
    expected: channel('42 ["x"]', ['event "x"', 'alive']),
  },
  {
    reason: 'such numbers are not exact in JavaScript, and the answer would carry another id than the question',
    scenarios: ['an ack id that is large, and one that is zero'],
    modes: moved,
    side: 'server',
    expected: replacing('9007199254740993 "439007199254740992[\\"yes\\"]"', '9007199254740993 "end: closed 1005"'),
  },
  {
    reason: 'such numbers are not exact in JavaScript, and the answer would carry another id than the question',
    scenarios: ['an ack id that is large, and one that is zero'],
    modes: ['polling'],
    side: 'server',
    expected: replacing('9007199254740993 "439007199254740992[\\"yes\\"]"', '9007199254740993 "6"'),
  },
  {
    reason: 'a session that is over is forgotten at once: nothing is kept for whoever broke the rules',
    scenarios: ['an ack id that is large, and one that is zero', 'names of namespaces from the wire'],
    modes: ['polling'],
    side: 'server',
    expected: replacing(/ "6"$/g, ' "end: 400 {\\"code\\":1,\\"message\\":\\"Session ID unknown\\"}"'),
  },
  {
    reason: 'a close packet means the same on every transport',
    scenarios: ['packets the engine does not expect, one by one'],
    modes: moved,
    side: 'server',
    expected: channel('packet 1', ['disconnect "transport close"']),
  },

  // --- handshakes ---
  {
    reason: refused,
    scenarios: ['unsupported protocol versions are refused over WebSocket'],
    side: 'server',
    expected: replacing(
      '"end: Invalid WebSocket frame: RSV1 must be clear"',
      '"end: refused 400 text/html Unsupported protocol version"',
    ),
  },
  {
    reason: refused,
    scenarios: [
      'unknown transports are refused over WebSocket',
      'an upgrade request with the polling transport is refused',
    ],
    side: 'server',
    expected: all(
      replacing('"end: closed 1005"', '"end: refused 400 text/html Bad request"'),
      adding('engine', badRequest),
    ),
  },
  {
    reason: refused,
    scenarios: ['allowRequest lets in and refuses, with its reason'],
    modes: ['websocket'],
    side: 'server',
    expected: replacing('refused 400', 'refused 403'),
  },
  {
    reason: refused,
    scenarios: ['only one transport is allowed'],
    modes: ['polling'],
    side: 'server',
    expected: replacing(
      '"end: refused 400 application/json {\\"code\\":0,\\"message\\":\\"Transport unknown\\"}"',
      '"end: refused 400 text/html Transport unknown"',
    ),
  },
  {
    reason: 'a middleware answers one way, whatever the transport',
    scenarios: ['an engine middleware that ends the response'],
    modes: ['websocket'],
    side: 'server',
    expected: replacing('"end: socket hang up"', '"end: refused 503 text/plain closed for today"'),
  },
  {
    reason: 'every request on our path is served once, and no application can answer it a second time by mistake',
    scenarios: ['listeners added to the HTTP server later are asked, too'],
    side: 'server',
    expected: replacing('requests 2 1', 'requests 1 1'),
  },
  {
    reason:
      'frames are written straight to the socket, which is where the speed comes from; another engine would be ignored silently',
    scenarios: ['another WebSocket engine'],
    side: 'server',
    expected: () => ({
      server: [
        'constructor "threw" OptionError("invalid option \\"wsEngine\\": got a function (Spy), expected the Server of the ws package, or nothing: carillon writes its frames itself") { code: "CARILLON_INVALID_OPTION" }',
      ],
    }),
  },

  // --- messages ---
  {
    reason: 'binary frames are what every client of protocol 4 reads over WebSocket, and base64 is a third more bytes',
    scenarios: ['a binary message over WebSocket with b64 asked for'],
    side: 'server',
    expected: replacing('received "bAQID"', 'received Buffer<010203>'),
  },
  {
    reason: 'no answer can come any more, so nobody waits for one, and nothing is kept',
    scenarios: ['acks that are open when the client goes away', 'an emit with an ack on a socket that is gone'],
    side: 'server',
    expected: replacing('Error("operation has timed out")', 'Error("socket has been disconnected")'),
  },
  {
    reason: 'an event that silently disappears costs an afternoon to find',
    scenarios: ['a socket middleware that refuses without a listener for the error'],
    side: 'server',
    expected: adding(
      'console',
      'error "carillon: a socket middleware refused an event, and the socket has no \\"error\\" listener:" "refused"',
    ),
  },

  // --- the end, and coming back ---
  {
    reason: 'the code tells a page that was left (1001) from a network that failed (1006)',
    scenarios: ['a WebSocket dropped without a goodbye'],
    side: 'server',
    expected: replacing('undefined "undefined"', '"websocket connection closed" 1006'),
  },
  {
    reason: 'there is no GET to release, so no noop is needed',
    scenarios: ['a session that ends while nobody polls delivers what waits to the next poll'],
    side: 'server',
    expected: replacing('answer 200 "6\\u001e1"', 'answer 200 "1"'),
  },
  {
    reason: 'the client missed everything since it joined, and the server knows when that was',
    scenarios: ['a client that never got an offset'],
    side: 'server',
    expected: all(
      channel('client', ['missed "an offset"', 'connect true']),
      replacing('back false false false', 'back true true false'),
    ),
  },

  // --- the client ---
  {
    reason: 'the type says `boolean`, and so does the value',
    scenarios: [
      'without the option nobody comes back',
      'a client connects and both sides agree on the id',
      'a client that asks again after its own disconnect gets a new socket',
    ],
    side: 'client',
    expected: replacing(/^((?:again|connect) .*|connect) undefined$/g, '$1 false'),
  },
  {
    reason: 'the reason that the server gave is what one looks for',
    scenarios: ['a client sees that it was refused'],
    modes: ['polling'],
    side: 'client',
    expected: replacing(
      'Error("xhr poll error") 403',
      'Error("fetch read error") "HTTP 403, application/json, received \\"{\\\\\\"code\\\\\\":4,\\\\\\"message\\\\\\":\\\\\\"no entry\\\\\\"}\\""',
    ),
  },
  {
    reason: 'the reason that the server gave is what one looks for',
    scenarios: ['a client sees that it was refused'],
    modes: ['websocket'],
    side: 'client',
    expected: replacing('[ErrorEvent]', '"HTTP 400, text/html, received \\"no entry\\""'),
  },
  {
    reason: 'the reason that the server gave is what one looks for',
    scenarios: ['after close no client gets in'],
    modes: ['polling'],
    side: 'client',
    expected: replacing('xhr poll error', 'fetch read error'),
  },
  {
    reason: 'a proxy that breaks one of them is the usual case, and the other one gets through',
    scenarios: ['after close no client gets in'],
    modes: ['upgrade'],
    side: 'client',
    expected: replacing('xhr poll error', 'websocket error'),
  },
  {
    reason: refused,
    scenarios: ['a client sees that it was refused'],
    modes: ['websocket'],
    side: 'both',
    expected: replacing('HTTP 400', 'HTTP 403'),
  },
  {
    reason:
      'events with `retries` of our client run once at our server, and a handler that does not answer is not run again',
    scenarios: ['a client with retries sends again until it is acknowledged'],
    side: 'both',
    expected: all(
      channel('server', ['ask 1']),
      channel('client', ['answer Error("operation has timed out") undefined']),
    ),
  },
  {
    reason: 'one end, one call',
    scenarios: ['a parser of the application'],
    side: 'client',
    expected: channel('client decoder', ['destroy']),
  },
];
