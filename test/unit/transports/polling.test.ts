import { createServer, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { Prepared } from '../../../core/protocol/prepared.js';
import { Sequence } from '../../../core/protocol/sequence.js';
import { PollingTransport } from '../../../core/transports/polling.js';
import type { TransportHandler } from '../../../core/transports/transport.js';
import { HttpWire } from '../../support/http-wire.js';

function create(
  options: Partial<ConstructorParameters<typeof PollingTransport>[0]> = {},
  prepare: (response: ServerResponse) => void = () => {},
) {
  const transport = new PollingTransport({
    maxHttpBufferSize: 100,
    maxPacketsPerPayload: 4,
    maxFragments: 100,
    pingTimeout: 1000,
    httpCompression: { threshold: 50 },
    ...options,
  });
  const server = createServer((request, response) => {
    prepare(response);
    transport.onRequest(request, response);
  });
  const log: unknown[] = [];
  const handler: TransportHandler = {
    onText: (packet) => log.push(packet) > 0,
    onBinary: (data) => log.push(data) > 0,
    onReady: () => log.push('ready'),
    onTooLarge: (bytes) => log.push(['too large', bytes]),
    onUnanswered: (error) => log.push(['unanswered', error]),
    onHeaders: (headers) => {
      headers['X-Mine'] = 'yes';
    },
    onClose: (reason, description) => log.push([reason, (description as Error | undefined)?.message]),
  };
  transport.attach(handler);
  return { transport, log, connect: () => new HttpWire(server) };
}

const sequence = (...texts: string[]) =>
  texts.reduce((last, text) => last.append(new Prepared([text])), Sequence.root());

test('a GET waits for messages, and takes all there are', async () => {
  const { transport, log, connect } = create();
  const wire = connect();
  expect(await wire.request('GET /')).toBeUndefined();
  expect([log, transport.ready, transport.writable]).toEqual([['ready'], true, true]);
  transport.write(sequence('4a', '4b'));
  expect(transport.ready).toBe(false);
  const answer = await wire.answer();
  expect(answer).toMatchObject({ status: 200, body: '4a\x1e4b' });
  expect(answer!.headers).toMatchObject({
    'content-type': 'text/plain; charset=UTF-8',
    'cache-control': 'no-store',
    'x-mine': 'yes',
  });
  expect(transport.bytesSent).toBe(4);
});

test('a POST delivers packets in order, and is answered', async () => {
  const { transport, log, connect } = create();
  const answer = await connect().request('POST /', {}, '4a\x1ebAQI=\x1e4b');
  expect(answer).toMatchObject({ status: 200, body: 'ok' });
  expect(answer!.headers).toMatchObject({ 'content-type': 'text/html', 'x-mine': 'yes' });
  expect(log).toEqual(['4a', Buffer.of(1, 2), '4b']);
  expect(transport.bytesReceived).toBe(11);
});

describe('compression', () => {
  const long = `4${'x'.repeat(60)}`;

  test('of answers from the threshold on, when the client takes it', async () => {
    const { transport, connect } = create();
    const wire = connect();
    await wire.request('GET /', { 'Accept-Encoding': 'br, gzip;q=0.5' });
    transport.write(sequence(long));
    // Compressing happens on another thread.
    let answer = await wire.answer();
    while (answer === undefined) answer = await wire.answer();
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(Buffer.from(answer.body, 'latin1')).toString()).toBe(long);
  });

  test.each<[string, Record<string, string>, string]>([
    ['a short one', { 'Accept-Encoding': 'gzip' }, '4x'],
    ['a client that does not take it', {}, long],
    ['a client that refuses it', { 'Accept-Encoding': 'gzip;q=0' }, long],
  ])('not of %s', async (_name, headers, text) => {
    const { transport, connect } = create();
    const wire = connect();
    await wire.request('GET /', headers);
    transport.write(sequence(text));
    const answer = await wire.answer();
    expect(answer!.headers).not.toHaveProperty('content-encoding');
    expect(answer!.body).toBe(text);
  });
});

describe('violations end the session', () => {
  test('two GETs at once: the second is refused, the first gets the goodbye', async () => {
    const { log, connect } = create();
    const first = connect();
    await first.request('GET /');
    expect(await connect().request('GET /')).toMatchObject({ status: 400 });
    expect(await first.answer()).toMatchObject({ status: 200, body: '1' });
    expect(log).toEqual(['ready', ['transport error', 'overlap from client']]);
  });

  test('two POSTs at once', async () => {
    const { log, connect } = create();
    const first = connect();
    await first.request('POST /', { 'Content-Length': '5' });
    expect(await connect().request('POST /', {}, '4x')).toMatchObject({ status: 400 });
    expect(await first.answer()).toMatchObject({ status: 400, headers: { connection: 'close' } });
    expect(log).toEqual([['transport error', 'data request overlap from client']]);
  });

  test('a malformed body', async () => {
    const { log, connect } = create();
    expect(await connect().request('POST /', {}, '4a\x1e\x1e4b')).toMatchObject({ status: 200 });
    expect(log).toEqual(['4a', ['parse error', 'empty packet in a payload']]);
  });

  test('too many packets', async () => {
    const { log, connect } = create();
    await connect().request('POST /', {}, ['4a', '4b', '4c', '4d', '4e'].join('\x1e'));
    expect(log).toEqual([['parse error', 'more than 4 packets in one payload']]);
  });

  test('the binary bodies of older revisions', async () => {
    const { log, connect } = create();
    const answer = await connect().request('POST /', { 'Content-Type': 'application/octet-stream' }, 'x');
    expect(answer).toMatchObject({ status: 400 });
    expect(log).toEqual([['transport error', 'invalid content']]);
  });

  test.each(['GET', 'POST'])('a %s whose connection is lost', async (method) => {
    const { log, connect } = create();
    const wire = connect();
    await wire.request(`${method} /`, method === 'POST' ? { 'Content-Length': '5' } : {});
    await wire.drop();
    expect(log.at(-1)).toEqual(['transport error', expect.stringContaining('closed prematurely')]);
  });
});

describe('bodies that are too large fail alone', () => {
  test('announced', async () => {
    const { log, connect } = create();
    expect(await connect().request('POST /', {}, 'x'.repeat(101))).toMatchObject({ status: 413 });
    expect(log).toEqual([['too large', 101]]);
  });

  test('in chunks', async () => {
    const { log, connect } = create();
    const wire = connect();
    await wire.request('POST /', { 'Transfer-Encoding': 'chunked' });
    await wire.push(Buffer.from(`65\r\n${'x'.repeat(101)}\r\n`));
    expect(await wire.answer()).toMatchObject({ status: 413 });
    expect(log).toEqual([['too large', 101]]);
  });
});

describe('a middleware replaced writeHead, and that throws', () => {
  const fault = new Error('no head');

  /** Each request that comes from now on is cut, and says so. */
  function broken() {
    const cut: string[] = [];
    const created = create({}, (response) => {
      response.writeHead = () => {
        throw fault;
      };
      response.on('close', () => cut.push(`${response.req.method} ${response.destroyed}`));
    });
    return { ...created, cut };
  }

  test('a GET is cut, and the handler hears of it', async () => {
    const { transport, log, connect, cut } = broken();
    const wire = connect();
    await wire.request('GET /');
    expect(() => transport.write(sequence('4a'))).not.toThrow();
    expect(await wire.answer()).toBeUndefined();
    expect([log, cut]).toEqual([['ready', ['unanswered', fault]], ['GET true']]);
  });

  test('so is one whose answer is compressed on another thread', async () => {
    const { transport, log, connect, cut } = broken();
    await connect().request('GET /', { 'Accept-Encoding': 'gzip' });
    transport.write(sequence(`4${'x'.repeat(60)}`));
    while (cut.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect([log, cut]).toEqual([['ready', ['unanswered', fault]], ['GET true']]);
  });

  test('so is a POST, whose packets arrived', async () => {
    const { log, connect, cut } = broken();
    expect(await connect().request('POST /', {}, '4a')).toBeUndefined();
    expect([log, cut]).toEqual([['4a', ['unanswered', fault]], ['POST true']]);
  });

  test('the end is told all the same', async () => {
    const { transport, log, connect, cut } = broken();
    await connect().request('GET /');
    transport.close();
    expect(log).toEqual(['ready', ['unanswered', fault], ['transport close', undefined]]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(cut).toEqual(['GET true']);
  });
});

describe('the end', () => {
  test('is the answer of the GET that waits; later requests are refused', async () => {
    const { transport, log, connect } = create();
    const wire = connect();
    await wire.request('GET /');
    transport.close();
    transport.close();
    transport.terminate();
    expect(await wire.answer()).toMatchObject({ status: 200, body: '1' });
    expect(await wire.request('GET /')).toMatchObject({ status: 400 });
    expect(log).toEqual(['ready', ['transport close', undefined]]);
    expect(transport.readyState).toBe('closed');
  });

  test('of a session that moved on: a noop, and nobody is told', async () => {
    const { transport, log, connect } = create();
    const wire = connect();
    await wire.request('GET /');
    transport.discard();
    expect(await wire.answer()).toMatchObject({ status: 200, body: '6' });
    expect(log).toEqual(['ready']);
  });

  test('a method that is none of ours', async () => {
    const { connect } = create();
    expect(await connect().request('PUT /')).toMatchObject({ status: 500 });
  });
});
