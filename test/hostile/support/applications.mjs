import msgpack from 'socket.io-msgpack-parser';

/** What the server under attack does besides echoing: one entry per kind of application. */
export const applications = {
  plain: { run() {} },

  /** Behind a proxy that says whose requests are whose; what the audience sends costs nothing. */
  flooded: {
    options: {
      clientAddress: ({ headers, socket }) =>
        headers['x-address'] ?? `10.0.${socket.remotePort >> 8}.${socket.remotePort & 255}`,
      eventRateLimit: { cost: (event) => (event === 'echo' ? 0 : 1) },
    },
    run(io) {
      io.on('connection', (socket) => socket.on('flood', (value, ack) => ack?.(value)));
    },
  },

  /** Takes what it is given and passes it on. */
  relay: {
    run(io) {
      io.on('connection', (socket) => {
        socket.on('relay', (...args) =>
          socket.broadcast.emit('relayed', ...args.filter((each) => typeof each !== 'function')),
        );
        socket.on('join', (room) => socket.join(String(room).slice(0, 20)));
      });
    },
  },

  /** Passes on what clients send, in all the ways that applications do. */
  passing: {
    run(io, record) {
      let kept;
      io.on('connection', (socket) => {
        socket.on('pass', (...args) => io.emit('passed', ...args.filter((each) => typeof each !== 'function')));
        socket.on('keep', (value) => {
          kept = value;
        });
        socket.on('pass with what was kept', (value) => io.emit('both', kept, value));
        socket.on('later', async (value) => {
          await null;
          io.emit('both', kept, value);
        });
        socket.on('choose', (name) => io.emit(name, 1));
        socket.on('many', (value, times) => io.emit('many', ...new Array(times).fill(value)));
        socket.on('answer', (value, ack) => setTimeout(() => ack(kept, value), 5));
        socket.on('ask', async () => {
          const outcome = await socket.emitWithAck('question').catch((error) => error);
          record('answer', { outcome: String(outcome?.message ?? outcome?.length ?? outcome).slice(0, 200) });
        });
      });
    },
  },

  /** Sends what cannot be written, and more in one turn than anybody should. */
  turns: {
    run(io) {
      io.on('connection', (socket) => {
        socket.on('room', (room) => socket.join(room));
      });
    },
    commands: {
      /** A buffer whose bytes are gone before the turn is over, among others. */
      async detach(io, room) {
        const bytes = new Uint8Array(64);
        io.to(room).emit('before', 1);
        io.to(room).emit('bad', bytes);
        io.to(room).emit('behind', 2);
        await new Promise((resolve) => process.nextTick(resolve));
        structuredClone(bytes, { transfer: [bytes.buffer] });
        const shrunk = new ArrayBuffer(8, { maxByteLength: 16 });
        const view = new Uint8Array(shrunk, 4, 4);
        shrunk.resize(2);
        io.to(room).emit('shrunk', view);
        await new Promise((resolve) => setImmediate(resolve));
      },
      /** @returns bytes of memory more than before, at the end of the turn. */
      flood(io, room, size, count) {
        globalThis.gc();
        const { heapUsed, external } = process.memoryUsage();
        const before = heapUsed + external;
        for (let i = 0; i < count; i++) io.to(room).emit('flood', `${i}`.padEnd(size, 'x'));
        globalThis.gc();
        const after = process.memoryUsage();
        return after.heapUsed + after.external - before;
      },
    },
  },

  /** What clients are sent while they are away. */
  replaying: {
    options: { connectionStateRecovery: {} },
    run(io) {
      io.on('connection', (socket) => socket.join('all'));
    },
    commands: {
      emit: (io, ...event) => io.to('all').emit(...event),
    },
  },

  /** Another parser: what clients send reaches its decoder first. */
  msgpack: {
    options: { parser: msgpack },
    run(io, record) {
      io.on('connection', (socket) => {
        socket.on('inspect', (value) => record('inspected', { isAdmin: value?.isAdmin === true }));
        socket.on('relay', (...args) => socket.broadcast.emit('relayed', ...args));
      });
    },
  },

  dynamic: {
    options: { cleanupEmptyChildNamespaces: true },
    run(io) {
      const dynamic = io.of(/^\/dynamic-/g);
      // Thinks until its client is gone, if that is wanted.
      dynamic.use((socket, next) => {
        if (socket.handshake.auth.wait) socket.conn.once('close', () => next());
        else next();
      });
      dynamic.on('connection', () => {});
    },
  },

  /** Waits for answers. */
  asking: {
    run(io, record) {
      io.on('connection', (socket) => {
        socket.on('ask me', () => {
          socket.timeout(100).emit('question', (error, answer) => record('answer', { error: error?.message, answer }));
          socket.emitWithAck('question').then(
            (answer) => record('answer', { answer }),
            (error) => record('answer', { error: error.message }),
          );
        });
      });
    },
  },

  recovering: {
    options: {
      connectionStateRecovery: { maxDisconnectionDuration: 60_000, maxBytes: 1_000_000, skipMiddlewares: false },
    },
    run(io, record) {
      const banned = new Set();
      io.use((socket, next) => next(banned.has(socket.data.user) ? new Error('banned') : undefined));
      io.on('connection', (socket) => {
        record('connected', { recovered: socket.recovered, user: socket.data.user });
        socket.on('login', (user, ack) => {
          socket.data.user = user;
          ack('ok');
        });
        socket.on('ban', (user, ack) => {
          banned.add(user);
          ack('ok');
        });
        socket.on('fill', async (count, ack) => {
          for (let i = 0; i < count; i++) {
            io.emit('filler', 'x'.repeat(10_000));
            await new Promise((resolve) => setImmediate(resolve));
          }
          ack('ok');
        });
      });
    },
  },

  /** Everything an application can do wrong. */
  clumsy: {
    run(io, record) {
      io.engine.use((request, _response, next) => {
        const query = new URL(request.url, 'http://x').searchParams;
        if (query.get('engine') === 'throw') throw new Error('engine middleware threw');
        if (query.get('engine') === 'reject') return Promise.reject(new Error('engine middleware rejected'));
        if (query.get('engine') === 'never') return;
        next();
        if (query.get('engine') === 'twice') next(new Error('again'));
      });
      io.use((socket, next) => {
        const { middleware } = socket.handshake.auth;
        if (middleware === 'throw') throw new Error('namespace middleware threw');
        if (middleware === 'reject') return Promise.reject(new Error('namespace middleware rejected'));
        if (middleware === 'never') return;
        if (middleware === 'disconnect') socket.disconnect(true);
        if (middleware === 'close') socket.conn.close();
        next();
        if (middleware === 'twice') next(new Error('again'));
      });
      io.on('connection', (socket) => {
        socket.on('error', () => {});
        socket.use(([event], next) => {
          if (event === 'middleware throws') throw new Error('socket middleware threw');
          if (event === 'middleware rejects') return Promise.reject(new Error('socket middleware rejected'));
          if (event === 'middleware never') return;
          next();
          if (event === 'middleware twice') next(new Error('again'));
        });
        socket.on('throw', () => {
          throw new Error('listener threw');
        });
        socket.on('throw nothing', () => {
          throw undefined;
        });
        socket.on('reject', async () => {
          throw new Error('listener rejected');
        });
        socket.on('send deep', (depth) => {
          let deep = [];
          for (let i = 0; i < depth; i++) deep = [deep];
          socket.emit('deep', deep);
        });
        socket.on('send cycle', () => {
          const cycle = {};
          cycle.cycle = cycle;
          socket.emit('cycle', cycle);
        });
        socket.on('emit inside', (depth, ack) => {
          if (depth === 0) return ack('bottom');
          for (const listener of socket.listeners('emit inside')) listener(depth - 1, ack);
        });
        socket.on('leave and speak', (ack) => {
          ack?.('leaving');
          socket.disconnect();
          socket.join('after the end');
          socket.emit('after the end');
          socket.to('after the end').emit('x');
          socket.conn.close();
          socket.conn.send('raw after the end');
          record('after the end', { rooms: socket.rooms.size });
        });
        socket.on('answer twice', (ack) => {
          ack(1);
          ack(2);
          setImmediate(ack, 3);
        });
        socket.on('disconnecting', () => {
          if (socket.handshake.auth.atTheEnd) throw new Error('disconnecting threw');
        });
      });
    },
  },

  /** Broadcasts as fast as it can for a while. */
  loud: {
    run(io) {
      io.on('connection', (socket) => socket.on('listen', () => socket.join('listeners')));
    },
    commands: {
      /** Sends one message of so many megabytes. */
      burst(io, megabytes) {
        io.to('listeners').emit('noise', 'x'.repeat(megabytes * 1_000_000));
      },
      /** Sends `megabytes` in messages of 100 kB, as fast as the turns go; resolves with the memory in use at its highest. */
      async shout(io, megabytes) {
        let highest = 0;
        for (let i = 0; i < megabytes * 10; i++) {
          io.to('listeners').emit('noise', 'x'.repeat(100_000 - 16 - String(i).length) + i);
          await new Promise((resolve) => setImmediate(resolve));
          if (i % 100 !== 0) continue;
          globalThis.gc();
          const { heapUsed, external } = process.memoryUsage();
          highest = Math.max(highest, heapUsed + external);
        }
        return highest;
      },
    },
  },

  /** Closes when told. */
  closing: {
    run() {},
    commands: {
      async close(io) {
        await io.close();
        // What is closed now leaves the list of resources in the next turns.
        for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
        return process.getActiveResourcesInfo();
      },
    },
  },
};
