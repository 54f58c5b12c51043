import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { PathRouter, type Route } from '../../../core/http/router.js';
import { HttpWire } from '../../support/http-wire.js';
import { TestClock } from '../../support/test-clock.js';

const UPGRADE = { Connection: 'Upgrade', Upgrade: 'websocket' };

function create() {
  const clock = new TestClock();
  const server = createServer();
  const log: string[] = [];
  const listen = (name: string, target: Server = server) =>
    target.on('request', (request, response) => {
      log.push(`${name} ${request.url}`);
      if (!response.writableEnded) response.end(name);
    });
  const listenForUpgrades = (name: string) =>
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      log.push(`${name} upgrade ${request.url}`);
      socket.end(`${name}\r\n\r\n`);
    });
  const route = (prefix: string, parts: Partial<Route> = {}): Route => ({
    prefix,
    matches: (pathname) => pathname.startsWith(`${prefix}/`),
    onRequest(request, response) {
      if (!request.url!.startsWith(`${prefix}/`)) return false;
      log.push(`ours ${request.url}`);
      response.end('ours');
      return true;
    },
    onUpgrade(request, socket) {
      log.push(`ours upgrade ${request.url}`);
      socket.end('ours\r\n\r\n');
    },
    destroyUpgradeTimeout: undefined,
    ...parts,
  });
  const router = () => PathRouter.of(server, clock);
  const get = async (path: string) => (await new HttpWire(server).request(`GET ${path}`))?.status;
  return { clock, server, log, listen, listenForUpgrades, route, router, get };
}

test('our path is ours alone, whenever others began to listen; all others are theirs', async () => {
  const { log, listen, route, router, get } = create();
  listen('before');
  router().add(route('/io'));
  listen('after');
  await get('/io/?EIO=4');
  await get('/other?x=/io/');
  await get('/io');
  expect(log).toEqual(['ours /io/?EIO=4', 'before /other?x=/io/', 'after /other?x=/io/', 'before /io', 'after /io']);
});

test('what another puts in front of us later sees our requests first', async () => {
  const { log, server, route, router, get } = create();
  router().add(route('/io'));
  server.prependListener('request', (request) => log.push(`first ${request.url}`));
  await get('/io/');
  expect(log).toEqual(['first /io/', 'ours /io/']);
});

test('upgrades on our path are ours alone', async () => {
  const { server, log, listenForUpgrades, route, router } = create();
  listenForUpgrades('theirs');
  router().add(route('/io'));
  await new HttpWire(server).request('GET /io/', UPGRADE);
  await new HttpWire(server).request('GET /hmr', UPGRADE);
  expect(log).toEqual(['ours upgrade /io/', 'theirs upgrade /hmr']);
});

test('one router serves several routes, and is gone with the last of them', async () => {
  const { server, log, listen, route, router, get } = create();
  listen('theirs');
  const { emit } = server;
  const one = router().add(route('/one'));
  const two = router().add(route('/two'));
  await get('/one/');
  one.detach();
  one.detach();
  await get('/one/');
  await get('/two/');
  two.detach();
  await get('/two/');
  expect(log).toEqual(['ours /one/', 'theirs /one/', 'ours /two/', 'theirs /two/']);
  expect([server.emit, server.listenerCount('request'), server.listenerCount('upgrade')]).toEqual([emit, 1, 0]);
});

test('a route without requests takes upgrades only', async () => {
  const { server, log, listen, route, router, get } = create();
  listen('theirs');
  const { onRequest: _, ...upgradesOnly } = route('/io');
  router().add(upgradesOnly);
  await get('/io/');
  await new HttpWire(server).request('GET /io/', UPGRADE);
  expect(log).toEqual(['theirs /io/', 'ours upgrade /io/']);
});

describe('upgrades that nobody wants', () => {
  test('are ended after a while', async () => {
    const { clock, server, route, router } = create();
    router().add(route('/io', { destroyUpgradeTimeout: 1000 }));
    const wire = new HttpWire(server);
    await wire.request('GET /nobody', UPGRADE);
    clock.advance(999);
    await wire.answer();
    expect(wire.hasEnded).toBe(false);
    clock.advance(1);
    await wire.answer();
    expect(wire.hasEnded).toBe(true);
  });

  test('are left alone where that was asked for, and where somebody else listens', async () => {
    for (const others of [false, true]) {
      const { clock, server, route, router } = create();
      if (others) server.on('upgrade', () => {});
      router().add(route('/io', { destroyUpgradeTimeout: others ? 1000 : undefined }));
      const wire = new HttpWire(server);
      await wire.request('GET /nobody', UPGRADE);
      clock.advance(60_000);
      await wire.answer();
      expect(wire.hasEnded).toBe(false);
    }
  });
});
