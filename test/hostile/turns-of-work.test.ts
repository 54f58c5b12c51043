import { get, gone, open, openPolling, POLLING, post, requestText } from './support/raw.js';
import { Stage } from './support/stage.js';

/** What one client asks for is done in turns of bounded work, and others have theirs in between; see also `floods`. */
describe('work that one client asks for', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.start({ audience: 10 });
  });
  afterAll(() => stage.end());
  beforeEach(() => stage.records());

  test('joining and leaving 4,096 times in one body', async () => {
    const body = new Array(4096).fill('41\x1e40').join('\x1e');
    await stage.survives(async () => {
      const sid = await openPolling(stage.port);
      const posted = post(stage.port, `${POLLING}&sid=${sid}`, body);
      // It is not over while the body is at work: this is answered in between.
      const other = await openPolling(stage.port);
      expect((await stage.state()).connections).toBe(12);
      await post(stage.port, `${POLLING}&sid=${other}`, '1');
      expect((await posted).body).toBe('ok');
      let answers = '';
      while (answers.split('40{').length <= 4096)
        answers += `${(await get(stage.port, `${POLLING}&sid=${sid}`)).body}\x1e`;
      expect(answers.split('40{').length - 1).toBe(4096);
      await post(stage.port, `${POLLING}&sid=${sid}`, '1');
      await stage.until(({ connections }) => connections === 10, 'alone with its audience');
    });
  });

  test('a second body while the first one is at work is too many, and the rest of that is not done', async () => {
    const body = new Array(16_384).fill('41\x1e40').join('\x1e');
    const sid = await openPolling(stage.port);
    const socket = await open(stage.port);
    const request = (packets: string) =>
      `${requestText('POST', `${POLLING}&sid=${sid}`, { 'Content-Length': String(packets.length), Connection: 'close' })}${packets}`;
    socket.write(request(body));
    const [first, second] = await Promise.all([
      gone(socket),
      stage
        .until(({ bytesRead }) => bytesRead > body.length, 'has the body')
        .then(() => post(stage.port, `${POLLING}&sid=${sid}`, '42["echo"]')),
    ]).then(([text, response]) => [text, response.status] as const);
    expect(second).toBe(400);
    expect(first).toMatch(/Carillon-Reason: transport error: data request overlap from client/i);
    await stage.until(({ connections }) => connections === 10, 'alone with its audience');
  });

  test('thousands of made-up session ids on one connection', async () => {
    const requests = Array.from({ length: 5000 }, (_, i) =>
      requestText('GET', `${POLLING}&sid=${`${i}`.padStart(20, 'x')}`),
    );
    await stage.survives(async () => {
      const socket = await open(stage.port);
      socket.write(requests.join(''));
      await gone(socket);
      const names = (await stage.records())
        .filter(({ kind }) => kind === 'connection_error')
        .map(({ code, context }) => [code, (context as { name?: string }).name]);
      expect(names.filter(([, name]) => name === 'TOO_MANY_PIPELINED')).toEqual([[3, 'TOO_MANY_PIPELINED']]);
      // A few turns may have passed before all had come.
      expect(names.length).toBeLessThan(5000);
    });
  });
});
