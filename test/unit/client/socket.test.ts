import { MessageError } from '../../../core/client/errors.js';
import { createConnected, createHarness, type Harness, turn } from './support/harness.js';
import { network } from './support/memory-transport.js';

/** The server is there, and lets the socket in or not. */
async function join({ socket }: Harness, answer = '0{"sid":"id1"}') {
  socket.connect();
  network.last.accept();
  await turn();
  const asked = network.last.events;
  network.last.messages(answer);
  await turn();
  return asked;
}

/** The connection is lost and comes back. */
async function reconnect({ clock }: Harness, answer = '0{"sid":"id2"}') {
  network.last.cut();
  clock.advance(1000);
  network.last.accept();
  await turn();
  network.last.messages(answer);
  await turn();
}

describe('credentials', () => {
  test('none, an object, a callback, a promise', async () => {
    expect(await join(createHarness())).toEqual(['0']);
    expect(await join(createHarness({ auth: { token: 1 } }))).toEqual(['0{"token":1}']);
    expect(await join(createHarness({ auth: (callback) => callback({ token: 2 }) }))).toEqual(['0{"token":2}']);
    expect(await join(createHarness({ auth: async () => ({ token: 3 }) }))).toEqual(['0{"token":3}']);
  });

  test('are asked for at each attempt', async () => {
    let count = 0;
    const harness = createHarness({ auth: async () => ({ count: ++count }) });
    await join(harness);
    await reconnect(harness);
    expect(network.last.events).toEqual(['0{"count":2}']);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no token');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no token'))],
  ])('a function that %s is a connect_error, and is asked again', async (_, fail) => {
    let failing = true;
    const harness = createHarness({ auth: () => (failing ? fail() : Promise.resolve({ token: 1 })) });
    harness.socket.connect();
    network.last.accept({ pingTimeout: 60_000 });
    await turn();
    expect(harness.log).toEqual(['open', 'connect_error: no token']);
    failing = false;
    harness.clock.advance(5000);
    await turn();
    expect(network.last.events).toEqual(['0{"token":1}']);
    harness.socket.disconnect();
    await turn();
    expect(harness.clock.pending).toBe(0);
  });

  test('credentials that cannot be encoded are a connect_error, and are looked at again', async () => {
    const { socket, clock, log } = createHarness({ auth: { token: 1n } });
    socket.connect();
    network.last.accept({ pingTimeout: 60_000 });
    await turn();
    expect(log).toEqual(['open', expect.stringMatching(/^connect_error: .*BigInt/)]);
    socket.auth = { token: 1 };
    clock.advance(5000);
    await turn();
    expect(network.last.events).toEqual(['0{"token":1}']);
    socket.disconnect();
  });

  test('so are those that a function calls back with later', async () => {
    const { socket, log } = createHarness({ auth: (callback) => setImmediate(callback, { token: 1n }) });
    socket.connect();
    network.last.accept({ pingTimeout: 60_000 });
    await turn();
    await turn();
    expect(log).toEqual(['open', expect.stringMatching(/^connect_error: .*BigInt/)]);
    socket.disconnect();
  });

  test('a late answer does not count for another connection', async () => {
    const callbacks: ((data: object) => void)[] = [];
    const harness = createHarness({ auth: (callback) => callbacks.push(callback) });
    harness.socket.connect();
    network.last.accept();
    network.last.cut();
    harness.clock.advance(1000);
    network.last.accept();
    callbacks[0]!({ old: true });
    expect(network.last.events).toEqual([]);
    callbacks[1]!({ fresh: true });
    expect(network.last.events).toEqual(['0{"fresh":true}']);
    callbacks[1]!({ again: true });
    network.last.messages('0{"sid":"id1"}');
    callbacks[1]!({ again: true });
    await turn();
    expect(network.last.events.filter((each) => each === '0{"again":true}').length).toBeLessThanOrEqual(1);
  });

  test('a socket that has given up waiting stops asking', async () => {
    const { socket, clock, log } = createHarness({ auth: () => Promise.reject(new Error('no')) });
    socket.connect();
    network.last.accept();
    await turn();
    socket.disconnect();
    expect(clock.pending).toBe(0);
    expect(log).toEqual(['open', 'connect_error: no', 'close: forced close']);
  });
});

describe('what comes', () => {
  test('a second greeting changes nothing', async () => {
    const { socket, log } = await createConnected();
    network.last.messages('0{"sid":"other"}');
    expect(socket.id).toBe('id1');
    expect(log).toEqual([]);
  });

  test('a refusal: text, an object, with data', async () => {
    for (const [answer, message, data] of [
      ['4{"message":"no","data":{"code":1}}', 'no', { code: 1 }],
      ['4"old style"', 'old style', undefined],
    ] as const) {
      const harness = createHarness();
      const errors: any[] = [];
      harness.socket.on('connect_error', (error) => errors.push(error));
      await join(harness, answer);
      expect(errors).toHaveLength(1);
      expect(errors[0].message).toBe(message);
      expect(errors[0].data).toEqual(data);
      expect(harness.socket.active).toBe(false);
      expect(harness.clock.pending).toBe(0);
    }
  });

  test.each(['2', '2[]', '2{}', '2["connect"]', '9', '3', '51-["x"]|2["y"]', '{"json":1}', ''])(
    'nonsense: %j ends the connection, and it comes back',
    async (messages) => {
      const harness = await createConnected();
      network.last.messages(...messages.split('|'));
      expect(harness.log.slice(0, 2).sort()).toEqual(['close: parse error', 'disconnect: parse error']);
      harness.log.length = 0;
      harness.clock.advance(1000);
      network.last.accept();
      await turn();
      network.last.messages('0{"sid":"id2"}');
      expect(harness.log).toContain('connect');
      const received: unknown[] = [];
      harness.socket.on('works', () => received.push(1));
      network.last.messages('2["works"]');
      expect(received).toEqual([1]);
    },
  );

  test('half a message is forgotten with its connection', async () => {
    const harness = await createConnected();
    network.last.messages('51-["x",{"_placeholder":true,"num":0}]');
    await reconnect(harness);
    expect(harness.socket.connected).toBe(true);
  });

  test('events before the greeting wait for it, and do not outlive their connection', async () => {
    const harness = createHarness();
    const received: unknown[] = [];
    harness.socket.on('e', (n) => received.push([n, harness.socket.connected]));
    harness.socket.connect();
    network.last.accept();
    network.last.messages('2["e",1]', '2["e",2]');
    expect(harness.socket.receiveBuffer).toHaveLength(2);
    await reconnect(harness);
    expect(received).toEqual([]);
    network.last.messages('2["e",3]');
    expect(received).toEqual([[3, true]]);
  });

  test('an answer is given once, and not over another connection', async () => {
    const harness = await createConnected();
    const answers: ((...args: unknown[]) => void)[] = [];
    harness.socket.on('ask', (answer) => answers.push(answer));
    network.last.messages('27["ask"]', '28["ask"]');
    answers[0]!(1);
    answers[0]!(2);
    expect(network.last.events).toEqual(['37[1]']);
    await reconnect(harness);
    answers[1]!('too late');
    await turn();
    expect(network.last.events).toEqual(['0']);
  });

  test('answers that nobody asked for are nothing', async () => {
    const { socket, log } = await createConnected();
    network.last.messages('30[]', '31["x"]', '39007199254740991[]');
    expect(socket.connected).toBe(true);
    expect(log).toEqual([]);
  });

  test('the offset of the last event goes along with the private id', async () => {
    const harness = createHarness({ auth: { token: 1 } });
    await join(harness, '0{"sid":"id1","pid":"secret"}');
    network.last.messages('2["e",1,"offset1"]', '2["e",2,"offset2"]', '2["volatile",3]');
    network.last.cut();
    harness.clock.advance(1000);
    network.last.accept();
    await turn();
    expect(network.last.events).toEqual(['0{"pid":"secret","offset":"offset2","token":1}']);
    network.last.messages('2["missed","offset3"]', '0{"sid":"id1","pid":"secret"}');
    expect(harness.socket.recovered).toBe(true);
    await reconnect(harness, '0{"sid":"id9","pid":"other"}');
    expect(harness.socket.recovered).toBe(false);
  });
});

describe('what goes', () => {
  test('a message larger than the server takes fails at the call', async () => {
    const { socket } = await createConnected({}, { maxPayload: 100 });
    const tooLarge = 'message of 105 bytes: the server takes at most 100';
    expect(() => socket.emit('e', 'x'.repeat(95))).toThrow(tooLarge);
    await expect(socket.emitWithAck('e', 'x'.repeat(200))).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(() => socket.emit('e', Buffer.alloc(101))).toThrow(MessageError);
    expect(() => socket.emit('e', new Blob(['x'.repeat(101)]))).toThrow(MessageError);
    expect(() => socket.timeout(5).emit('e', '☃'.repeat(33), () => {})).toThrow(MessageError);
    socket.emit('e', 'x'.repeat(90));
    socket.emit('e', Buffer.alloc(100));
    await turn();
    expect(network.last.events).toHaveLength(3);
    expect(socket.connected).toBe(true);
  });

  test('what waited and turns out too large is dropped, and its sender told', async () => {
    const harness = createHarness();
    const drops: unknown[] = [];
    harness.manager.on('drop', (error, packet, socket) =>
      drops.push([error.code, packet.data[0], socket === harness.socket]),
    );
    harness.socket.emit('large', 'x'.repeat(200));
    const promise = harness.socket.emitWithAck('large', 'y'.repeat(200));
    harness.socket.emit('small');
    harness.socket.connect();
    network.last.accept({ maxPayload: 100 });
    await turn();
    network.last.messages('0{"sid":"id1"}');
    await expect(promise).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await turn();
    expect(network.last.events).toEqual(['0', '2["small"]']);
    expect(drops).toEqual([
      ['PAYLOAD_TOO_LARGE', 'large', true],
      ['PAYLOAD_TOO_LARGE', 'large', true],
    ]);
  });

  test('what waits has a limit, and who does not fit is told', async () => {
    const { socket, manager } = createHarness({ offlineBuffer: { maxMessages: 2 } });
    const drops: unknown[] = [];
    manager.on('drop', (error, packet) => drops.push([error.code, packet.data[0]]));
    const first = socket.emitWithAck('first');
    socket.emit('second');
    socket.emit('third');
    await expect(first).rejects.toMatchObject({ code: 'BUFFER_FULL' });
    expect(drops).toEqual([['BUFFER_FULL', 'first']]);
    expect(socket.sendBuffer.map(({ data }) => data[0])).toEqual(['second', 'third']);
  });

  test('under the throw policy the call throws, and nothing is left of it', async () => {
    const { socket, clock } = createHarness({ offlineBuffer: { maxMessages: 1, policy: 'throw' } });
    socket.emit('first');
    expect(() => socket.timeout(1000).emit('second', () => {})).toThrow('offline buffer full');
    await expect(socket.timeout(1000).emitWithAck('third')).rejects.toMatchObject({ code: 'BUFFER_FULL' });
    expect(clock.pending).toBe(0);
  });

  test('with retries the limit holds while it is not connected', async () => {
    const { socket, manager } = createHarness({ retries: 1, offlineBuffer: { maxMessages: 1 } });
    const drops: unknown[] = [];
    manager.on('drop', (_error, packet) => drops.push(packet.data));
    const first = socket.emitWithAck('first', 1);
    socket.emit('second');
    await expect(first).rejects.toMatchObject({ code: 'BUFFER_FULL' });
    expect(drops).toEqual([['first', 1]]);
  });

  test('a volatile event that cannot be sent settles its acknowledgement at once', async () => {
    const { socket, clock } = createHarness();
    await expect(socket.volatile.emitWithAck('e')).rejects.toMatchObject({ code: 'NOT_WRITABLE' });
    const errors: any[] = [];
    socket.timeout(100).volatile.emit('e', (error: Error) => errors.push(error));
    expect(errors).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('flags are for one event, also when it fails', async () => {
    const { socket } = await createConnected();
    expect(() => socket.timeout(5).volatile.emit('connect')).toThrow('reserved');
    socket.emit('kept');
    socket.emit('kept too');
    await turn();
    expect(network.last.events).toEqual(['2["kept"]', '2["kept too"]']);
  });

  test('what cannot be encoded throws, and leaves nothing behind', async () => {
    const { socket, clock } = await createConnected();
    const before = clock.pending;
    const loop: any[] = [];
    loop.push(loop);
    expect(() => socket.timeout(100).emit('e', loop, () => {})).toThrow();
    await expect(socket.timeout(100).emitWithAck('e', 1n)).rejects.toThrow();
    expect(clock.pending).toBe(before);
    socket.emit('e', (_answer: unknown) => {});
    expect(network.last.events).toEqual(['22["e"]']);
  });

  test('a connection that has died in its sleep is noticed when something is sent, and nothing is lost', async () => {
    const harness = await createConnected();
    harness.clock.sleep(10_000);
    harness.socket.emit('important');
    expect(harness.log).toContain('disconnect: ping timeout');
    expect(harness.socket.sendBuffer).toHaveLength(1);
    harness.clock.advance(1000);
    network.last.accept();
    await turn();
    network.last.messages('0{"sid":"id2"}');
    await turn();
    expect(network.last.events).toEqual(['0', '2["important"]']);
  });

  test('a listener that disconnects while the buffer is sent keeps the rest', async () => {
    const harness = createHarness();
    const { socket } = harness;
    socket.emit('one');
    socket.emit('two');
    socket.onAnyOutgoing((event) => {
      if (event === 'one') socket.disconnect();
    });
    await join(harness);
    expect(socket.sendBuffer.map(({ data }) => data[0])).toEqual(['two']);
    expect(harness.log).not.toContain('connect');
  });
});

describe('acknowledgements settle exactly once', () => {
  test('value, then timeout, then the end', async () => {
    const harness = await createConnected();
    const calls: unknown[][] = [];
    harness.socket.timeout(100).emit('e', (...args: unknown[]) => calls.push(args));
    network.last.messages('30["value"]', '30["again"]');
    harness.clock.advance(100);
    harness.socket.disconnect();
    expect(calls).toEqual([[null, 'value']]);
  });

  test('the end, then a timeout', async () => {
    const harness = await createConnected();
    const calls: unknown[][] = [];
    harness.socket.timeout(100).emit('e', (error: Error) => calls.push([error.message]));
    network.last.cut();
    harness.clock.advance(100);
    expect(calls).toEqual([['socket has been disconnected']]);
  });

  test('binary answers', async () => {
    const { socket } = await createConnected();
    const answer = socket.emitWithAck('e');
    network.last.messages('61-0[{"_placeholder":true,"num":0}]', Uint8Array.from([1, 2]).buffer);
    expect(Buffer.from((await answer) as ArrayBuffer)).toEqual(Buffer.from([1, 2]));
  });
});

describe('retries', () => {
  test('no key without them', async () => {
    expect(await join(createHarness())).toEqual(['0']);
  });

  test('one at a time with a server that does not promise to run them once', async () => {
    const harness = createHarness({ retries: 3, ackTimeout: 100 });
    await join(harness);
    for (const n of [1, 2]) harness.socket.emit('n', n);
    await turn();
    expect(network.last.events.slice(1)).toEqual(['20["n",1]']);
    network.last.messages('30[]');
    await turn();
    expect(network.last.events.at(-1)).toBe('21["n",2]');
  });

  test('many at a time, with a key, with a server that does', async () => {
    const harness = createHarness({ retries: 3, auth: { token: 'abc' } });
    const { socket } = harness;
    const [greeting] = (await join(harness, '0{"sid":"id1","retryWindow":3}')) as string[];
    const { 'carillon:retry': retryKey, ...auth } = JSON.parse(greeting!.slice(1));
    expect(auth).toEqual({ token: 'abc' });
    expect(retryKey).toMatch(/^[A-Za-z0-9+/]{24}$/);
    const answers: unknown[] = [];
    for (let n = 0; n < 5; n++)
      socket.emit('n', n, (error: unknown, answer: unknown) => answers.push([n, error, answer]));
    await turn();
    expect(network.last.events.slice(1)).toEqual(['20["n",0]', '21["n",1]', '22["n",2]']);
    network.last.messages('30["a"]');
    await turn();
    expect(network.last.events.at(-1)).toBe('23["n",3]');
    // The connection is lost: what is unanswered goes again, under the same ids and the same key.
    await reconnect(harness, '0{"sid":"id2","retryWindow":3}');
    const [again, ...events] = network.last.events as string[];
    expect(JSON.parse(again!.slice(1))['carillon:retry']).toBe(retryKey);
    expect(events).toEqual(['21["n",1]', '22["n",2]', '23["n",3]']);
    network.last.messages('32["c"]', '31["b"]', '33["d"]');
    await turn();
    network.last.messages('34["e"]');
    expect(answers).toEqual([
      [0, null, 'a'],
      [2, null, 'c'],
      [1, null, 'b'],
      [3, null, 'd'],
      [4, null, 'e'],
    ]);
  });

  test('one at a time, without a key, where there is no crypto: React Native', async () => {
    const crypto = Object.getOwnPropertyDescriptor(globalThis, 'crypto')!;
    Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true });
    try {
      const harness = createHarness({ retries: 3 });
      await join(harness);
      for (const n of [1, 2]) harness.socket.emit('n', n);
      await turn();
      expect(network.last.events).toEqual(['0', '20["n",1]']);
    } finally {
      Object.defineProperty(globalThis, 'crypto', crypto);
    }
  });

  test('ids of volatile events are not among those that are counted', async () => {
    const harness = createHarness({ retries: 3 });
    await join(harness);
    harness.socket.emit('counted');
    await turn();
    harness.socket.volatile.emit('e', () => {});
    await turn();
    expect(network.last.events.slice(1)).toEqual(['20["counted"]', '21000000000000001["e"]']);
  });

  test('a window that went away holds back', async () => {
    const harness = createHarness({ retries: 3 });
    await join(harness, '0{"sid":"id1","retryWindow":10}');
    for (const n of [1, 2, 3]) harness.socket.emit('n', n);
    await turn();
    expect(network.last.events).toHaveLength(4);
    await reconnect(harness);
    expect(network.last.events.slice(1)).toEqual(['20["n",1]']);
  });

  test('a message that is too large fails at the call', async () => {
    const { socket } = await createConnected({ retries: 3 }, { maxPayload: 100 });
    expect(() => socket.emit('e', 'x'.repeat(100))).toThrow(MessageError);
    socket.emit('works');
    await turn();
    expect(network.last.events).toEqual(['21["works"]']);
  });
});

describe('a manager and its sockets', () => {
  test('a custom parser', async () => {
    class Encoder {
      encode(packet: object) {
        return [JSON.stringify(packet)];
      }
    }
    class Decoder {
      #listener: (packet: any) => void = () => {};
      on(_event: string, listener: (packet: any) => void) {
        this.#listener = listener;
      }
      add(message: string) {
        this.#listener(JSON.parse(message));
      }
      destroy() {}
    }
    const harness = createHarness({ parser: { Encoder, Decoder } });
    const received: unknown[] = [];
    harness.socket.on('e', (...args) => received.push(args));
    await join(harness, '{"type":0,"nsp":"/","data":{"sid":"id1"}}');
    expect(network.last.events).toEqual(['{"type":0,"nsp":"/"}']);
    network.last.messages('{"type":2,"nsp":"/","data":["e",1]}');
    expect(received).toEqual([[1]]);
    network.last.messages('not json');
    expect(harness.log).toContain('disconnect: parse error');
  });

  test('packets of other namespaces are not ours', async () => {
    const { socket, log } = await createConnected();
    const received: unknown[] = [];
    socket.onAny((...args) => received.push(args));
    network.last.messages('2/other,["e"]', '1/other,', '4/other,{"message":"no"}');
    expect(received).toEqual([]);
    expect(log).toEqual([]);
  });

  test('a thousand sockets of a thousand namespaces leave nothing when they go', async () => {
    const { manager, clock } = await createConnected();
    const sockets = Array.from({ length: 1000 }, (_, n) => manager.socket(`/n${n}`));
    manager.socket('/').disconnect();
    for (const socket of sockets) socket.disconnect();
    await turn();
    for (const event of ['open', 'packet', 'error', 'close'] as const) {
      // The harness listens to three of them itself.
      expect(manager.listeners(event).length).toBeLessThanOrEqual(1);
    }
    expect(clock.pending).toBe(0);
    expect(manager._readyState).toBe('closed');
  });
});
