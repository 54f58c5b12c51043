import { PollingTransport } from '../../../core/client/transports/polling.js';
import { turn } from './support/harness.js';
import { TestClock } from './support/test-clock.js';

interface Request {
  url: URL;
  method: string;
  body: string | null;
  init: RequestInit;
  answer(body: string, status?: number, contentType?: string): Promise<void>;
  fail(error: Error): Promise<void>;
}

const original = globalThis.fetch;
let requests: Request[] = [];

beforeEach(() => {
  requests = [];
  globalThis.fetch = ((uri: string, init: RequestInit) =>
    new Promise((resolve, reject) => {
      init.signal!.addEventListener('abort', () => reject(init.signal!.reason));
      requests.push({
        url: new URL(uri),
        method: init.method!,
        body: init.body as string | null,
        init,
        answer: (body, status = 200, contentType = 'text/plain') => {
          resolve(new Response(body, { status, headers: { 'content-type': contentType } }));
          return turn();
        },
        fail: (error) => {
          reject(error);
          return turn();
        },
      });
    })) as typeof fetch;
});

afterEach(() => {
  globalThis.fetch = original;
});

function create(options: object = {}) {
  const clock = new TestClock();
  const log: string[] = [];
  const transport = new PollingTransport({
    hostname: 'h.test',
    port: '80',
    secure: false,
    path: '/socket.io/',
    query: { EIO: 4, transport: 'polling' },
    socket: {},
    clock,
    ...options,
  });
  transport
    .on('open', () => log.push('open'))
    .on('packet', ({ type, data }) =>
      log.push(`${type} ${typeof data === 'object' ? Buffer.from(data) : (data ?? '')}`),
    )
    .on('drain', () => log.push('drain'))
    .on('poll', () => log.push('poll'))
    .on('pollComplete', () => log.push('pollComplete'))
    .on('error', (error) => log.push(`error: ${error.message}: ${error.description}`))
    .on('close', (details) => log.push(`close${details ? `: ${details.description}` : ''}`));
  return { transport, log, clock };
}

async function opened(options: object = {}) {
  const harness = create(options);
  harness.transport.open();
  await requests[0]!.answer('0{"sid":"a"}');
  harness.log.length = 0;
  return harness;
}

const open = () => requests.filter(({ init }) => !init.signal!.aborted).length;

describe('polling', () => {
  test('one request after the other brings packets, in order', async () => {
    const { transport, log } = create();
    transport.open();
    expect(requests).toHaveLength(1);
    expect(requests[0]!.method).toBe('GET');
    expect(requests[0]!.url.searchParams.get('transport')).toBe('polling');
    await requests[0]!.answer('0{"sid":"a"}\x1e4first');
    expect(log).toEqual(['poll', 'open', 'open {"sid":"a"}', 'message first', 'pollComplete', 'poll']);
    log.length = 0;
    await requests[1]!.answer('4one\x1ebYWJj\x1e2\x1e4');
    expect(log).toEqual(['message one', 'message abc', 'ping ', 'message ', 'pollComplete', 'poll']);
    expect(requests).toHaveLength(3);
  });

  test('packets go out in one body, and one body at a time', async () => {
    const { transport, log } = await opened();
    transport.send([{ type: 'message', data: 'a' }, { type: 'message', data: Buffer.from('abc') }, { type: 'pong' }]);
    expect(transport.writable).toBe(false);
    const post = requests.at(-1)!;
    expect([post.method, post.body]).toEqual(['POST', '4a\x1ebYWJj\x1e3']);
    expect((post.init.headers as Record<string, string>)['Content-Type']).toBe('text/plain;charset=UTF-8');
    await post.answer('ok');
    expect(transport.writable).toBe(true);
    expect(log).toEqual(['drain']);
  });

  test('a Blob keeps its place', async () => {
    const { transport } = await opened();
    transport.send([
      { type: 'message', data: 'before' },
      { type: 'message', data: new Blob(['abc']) },
      { type: 'message', data: 'behind' },
    ]);
    await turn();
    await turn();
    expect(requests.at(-1)!.body).toBe('4before\x1ebYWJj\x1e4behind');
  });

  test('a Blob that cannot be read is an error', async () => {
    const { transport, log } = await opened();
    const blob = new Blob(['x']);
    blob.arrayBuffer = () => Promise.reject(new Error('the file is gone'));
    transport.send([{ type: 'message', data: blob }]);
    await turn();
    expect(log).toEqual(['error: fetch write error: the file is gone']);
  });

  test('no request is like another, unless that is not wanted', async () => {
    await opened();
    const stamps = requests.map(({ url }) => url.searchParams.get('t'));
    expect(new Set(stamps).size).toBe(2);
    requests = [];
    await opened({ timestampRequests: false });
    expect(requests[0]!.url.search).toBe('?EIO=4&transport=polling');
    requests = [];
    await opened({ timestampParam: 'stamp' });
    expect(requests[0]!.url.searchParams.has('stamp')).toBe(true);
  });

  test('headers and credentials', async () => {
    await opened({ extraHeaders: { 'X-Mine': '1' } });
    expect(requests[0]!.init.headers).toEqual({ 'X-Mine': '1' });
    expect(requests[0]!.init.credentials).toBe('same-origin');
    expect(requests[0]!.init.cache).toBe('no-store');
    requests = [];
    await opened({ withCredentials: true, secure: true });
    expect(requests[0]!.init.credentials).toBe('include');
    expect(requests[0]!.url.protocol).toBe('https:');
  });
});

describe('what should not come', () => {
  test.each([
    ['a page of a captive portal', '<html>Sign in</html>', 200, 'text/html', 'parse error'],
    ['an error page', '<html>Bad Gateway</html>', 502, 'text/html', 'fetch read error'],
    [
      'an error of the server',
      '{"code":1,"message":"Session ID unknown"}',
      400,
      'application/json',
      'fetch read error',
    ],
    ['another protocol', '96:0{"sid":"a"}2:40', 200, 'text/plain', 'parse error'],
    ['nothing', '', 200, 'text/plain', 'parse error'],
    ['an empty packet', '4a\x1e', 200, 'text/plain', 'parse error'],
    ['packets without a handshake', '4a', 200, 'text/plain', 'parse error'],
    ['broken base64', 'b!!', 200, 'text/plain', 'parse error'],
    ['a redirect', '', 302, 'text/plain', 'fetch read error'],
  ])('%s: one error that says what was received', async (_, body, status, type, reason) => {
    const { transport, log, clock } = create();
    transport.open();
    await requests[0]!.answer(body, status, type);
    const errors = log.filter((line) => line.startsWith('error'));
    expect(errors).toEqual([`error: ${reason}: HTTP ${status}, ${type}, received ${JSON.stringify(body)}`]);
    transport.close();
    await turn();
    // Nobody is there to be told that we leave.
    expect(requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('no answer', async () => {
    const { transport, log } = create();
    transport.open();
    await requests[0]!.fail(Object.assign(new TypeError('fetch failed'), { cause: new Error('ECONNREFUSED') }));
    expect(log).toEqual(['poll', 'error: fetch read error: ECONNREFUSED']);
  });

  test('an answer that takes too long', async () => {
    const { transport, log, clock } = create({ requestTimeout: 1000 });
    transport.open();
    clock.advance(1000);
    await turn();
    expect(log).toEqual(['poll', 'error: fetch read error: timeout']);
    expect(clock.pending).toBe(0);
  });

  test('a refused body', async () => {
    const { transport, log } = await opened();
    transport.send([{ type: 'message', data: 'x' }]);
    await requests.at(-1)!.answer('too large', 413);
    expect(log).toEqual(['error: fetch write error: HTTP 413, text/plain, received "too large"']);
  });

  test('the server closes, and what stands behind is not read', async () => {
    const { log, transport } = await opened();
    await requests[1]!.answer('4a\x1e1\x1e4b');
    expect(log).toEqual(['message a', 'close: transport closed by the server']);
    expect(requests).toHaveLength(2);
    transport.close();
  });

  test('a listener closes in the middle of a body', async () => {
    const { log, transport } = await opened();
    transport.on('packet', () => transport.close());
    await requests[1]!.answer('4a\x1e4b');
    expect(log).toEqual(['message a', 'close']);
  });
});

describe('the end', () => {
  test('tells the server, and then lets go of the poll', async () => {
    const { transport, log, clock } = await opened();
    transport.close();
    expect(log).toEqual(['close']);
    const post = requests.at(-1)!;
    expect(post.body).toBe('1');
    expect(requests[1]!.init.signal!.aborted).toBe(false);
    await post.answer('ok');
    expect(requests[1]!.init.signal!.aborted).toBe(true);
    expect(clock.pending).toBe(0);
    expect(log).toEqual(['close']);
  });

  test('does not wait for a server that does not answer', async () => {
    const { transport, clock } = await opened();
    transport.close();
    clock.advance(5000);
    await turn();
    expect(open()).toBe(1);
    expect(requests[1]!.init.signal!.aborted && requests[2]!.init.signal!.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('before it is open there is nobody to tell', async () => {
    const { transport, log } = create();
    transport.open();
    transport.close();
    await turn();
    expect(requests).toHaveLength(1);
    expect(open()).toBe(0);
    expect(log).toEqual(['poll', 'close']);
  });

  test('twice is once, and never opened is nothing', async () => {
    const { transport, log } = create();
    transport.close();
    transport.open().close().close();
    expect(log).toEqual(['poll', 'close']);
  });
});

describe('pausing', () => {
  test('waits for the poll that is on its way', async () => {
    const { transport, log } = await opened();
    let paused = 0;
    transport.pause(() => {
      paused++;
    });
    expect(paused).toBe(0);
    await requests[1]!.answer('4last');
    expect(paused).toBe(1);
    expect(log).toContain('message last');
    expect(requests).toHaveLength(2);
    transport.send([{ type: 'message', data: 'ignored' }]);
    expect(requests).toHaveLength(2);
  });

  test('waits for the body that is on its way, too', async () => {
    const { transport } = await opened();
    let paused = 0;
    transport.send([{ type: 'message', data: 'x' }]);
    transport.pause(() => {
      paused++;
    });
    await requests[1]!.answer('6');
    expect(paused).toBe(0);
    await requests[2]!.answer('ok');
    expect(paused).toBe(1);
  });

  test('is taken back', async () => {
    const { transport } = await opened();
    transport.pause(() => {});
    transport.resume();
    expect(requests).toHaveLength(2);
    await requests[1]!.answer('6');
    expect(requests).toHaveLength(3);
    transport.pause(() => {});
    await requests[2]!.answer('6');
    transport.resume();
    expect(requests).toHaveLength(4);
  });

  test('a paused transport that is closed says nothing to the server', async () => {
    const { transport } = await opened();
    transport.pause(() => {});
    await requests[1]!.answer('6');
    transport.close();
    expect(requests).toHaveLength(2);
  });
});
