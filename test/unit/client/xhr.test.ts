import { encodeAsText } from '../../../core/client/transports/base64.js';
import { PollingTransport } from '../../../core/client/transports/polling.js';
import { turn } from './support/harness.js';
import { TestClock } from './support/test-clock.js';

/** The part of a page's XMLHttpRequest that is used. */
class FakeRequest {
  static all: FakeRequest[] = [];
  method = '';
  uri = '';
  headers: Record<string, string> = {};
  body: string | undefined;
  withCredentials = false;
  isAborted = false;
  status = 0;
  responseText = '';
  onload = () => {};
  onerror = () => {};

  open(method: string, uri: string) {
    Object.assign(this, { method, uri });
    FakeRequest.all.push(this);
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  getResponseHeader(name: string) {
    return name === 'content-type' ? 'text/plain' : null;
  }
  send(body: string | undefined) {
    this.body = body;
  }
  abort() {
    this.isAborted = true;
  }
  answer(responseText: string, status = 200) {
    Object.assign(this, { status, responseText });
    this.onload();
    return turn();
  }
}

const page = globalThis as { fetch?: unknown; XMLHttpRequest?: unknown; FileReader?: unknown };
const { fetch } = page;

beforeEach(() => {
  FakeRequest.all = [];
  page.fetch = undefined;
  page.XMLHttpRequest = FakeRequest;
});

afterEach(() => {
  page.fetch = fetch;
  delete page.XMLHttpRequest;
  delete page.FileReader;
});

function create(options: object = {}) {
  const clock = new TestClock();
  const log: string[] = [];
  const transport = new PollingTransport({
    hostname: 'h.test',
    port: '80',
    secure: false,
    path: '/socket.io/',
    query: { EIO: 4 },
    socket: {},
    clock,
    ...options,
  });
  transport
    .on('packet', ({ type, data }) => log.push(`${type} ${data ?? ''}`))
    .on('error', (error) => log.push(`error: ${error.message}: ${error.description}`));
  return { transport, log, clock };
}

describe('polling where there is no fetch', () => {
  test('takes XMLHttpRequest, with headers and credentials', async () => {
    const { transport, log } = create({ extraHeaders: { 'X-Mine': '1' }, withCredentials: true });
    transport.open();
    const [get] = FakeRequest.all;
    expect(get!.uri).toMatch(/^http:\/\/h\.test\/socket\.io\/\?EIO=4&t=\w+$/);
    expect([get!.method, get!.body, get!.headers, get!.withCredentials]).toEqual([
      'GET',
      undefined,
      { 'X-Mine': '1' },
      true,
    ]);
    await get!.answer('0{"sid":"a"}\x1e4first');
    expect(log).toEqual(['open {"sid":"a"}', 'message first']);
    transport.send([{ type: 'message', data: 'x' }]);
    const post = FakeRequest.all.at(-1)!;
    expect([post.method, post.body]).toEqual(['POST', '4x']);
    expect(post.headers['Content-Type']).toBe('text/plain;charset=UTF-8');
    await post.answer('ok');
    expect(transport.writable).toBe(true);
  });

  test('cookies stay at their own origin by default', () => {
    create().transport.open();
    expect(FakeRequest.all[0]!.withCredentials).toBe(false);
  });

  test('an answer that is none, no answer, and one that takes too long', async () => {
    const refused = create();
    refused.transport.open();
    await FakeRequest.all[0]!.answer('no', 403);
    expect(refused.log).toEqual(['error: fetch read error: HTTP 403, text/plain, received "no"']);
    const failed = create();
    failed.transport.open();
    FakeRequest.all[1]!.onerror();
    await turn();
    expect(failed.log).toEqual(['error: fetch read error: network error']);
    const late = create({ requestTimeout: 1000 });
    late.transport.open();
    late.clock.advance(1000);
    await turn();
    expect(late.log).toEqual(['error: fetch read error: timeout']);
    expect(FakeRequest.all[2]!.isAborted).toBe(true);
  });

  test('neither of both is an error, not an exception', async () => {
    delete page.XMLHttpRequest;
    const { transport, log } = create();
    transport.open();
    await turn();
    expect(log).toEqual(['error: fetch read error: XMLHttpRequest is not defined']);
  });
});

describe('a Blob that cannot be asked for its bytes', () => {
  class Reader {
    static result: string | undefined;
    result = Reader.result;
    error = new Error('the file is gone');
    onload = () => {};
    onerror = () => {};
    readAsDataURL() {
      queueMicrotask(() => (this.result === undefined ? this.onerror() : this.onload()));
    }
  }
  const blob = () => Object.assign(new Blob(['abc']), { arrayBuffer: undefined });

  test.each([
    ['data:text/plain;base64,YWJj', 'bYWJj'],
    ['data:', 'b'],
  ])('is read as a data URL: %s', async (url, text) => {
    Reader.result = url;
    page.FileReader = Reader;
    expect(await encodeAsText({ type: 'message', data: blob() })).toBe(text);
  });

  test('or not', async () => {
    Reader.result = undefined;
    page.FileReader = Reader;
    await expect(encodeAsText({ type: 'message', data: blob() })).rejects.toThrow('the file is gone');
  });
});
