// Each framework at the lowest and the newest version of each of its majors: an application over both transports.

/** What a client sees of the server at `url`; ends the process with an error when it is not what it should be. */
const client = `
const { io } = require('carillon/client');
const assert = require('node:assert');
module.exports = async function check(url, failing) {
  for (const transports of [['polling'], ['websocket'], ['polling', 'websocket']]) {
    const socket = io(url, { transports, forceNew: true, reconnection: false });
    assert.deepEqual(await socket.timeout(5000).emitWithAck('echo', 'a'), 'a');
    if (failing) assert.deepEqual(await socket.timeout(5000).emitWithAck('fail', 1), failing);
    socket.disconnect();
  }
};`;

const nestProgram = `
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { SubscribeMessage, WebSocketGateway, WsException } = require('@nestjs/websockets');
const { CarillonAdapter } = require('carillon/nestjs');
const check = require('./client.cjs');
class Gateway {
  echo(client, data, ack) { setImmediate(() => ack(data)); }
  fail() { throw new WsException('no'); }
}
for (const name of ['echo', 'fail']) {
  SubscribeMessage(name)(Gateway.prototype, name, Object.getOwnPropertyDescriptor(Gateway.prototype, name));
}
WebSocketGateway()(Gateway);
class AppModule {}
Module({ providers: [Gateway] })(AppModule);
async function serve(Adapter) {
  const app = await NestFactory.create(AppModule, new Adapter(), { logger: ['error', 'warn'] });
  app.useWebSocketAdapter(new CarillonAdapter(app));
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address();
  const answer = { status: 'error', message: 'no', cause: { pattern: 'fail', data: 1 } };
  await check('http://127.0.0.1:' + port, answer);
  await app.close();
}
process.on('warning', (warning) => { if (warning.code === 'CARILLON_UNTESTED') throw warning; });
(async () => {
  await serve(require('@nestjs/platform-express').ExpressAdapter);
  await serve(require('@nestjs/platform-fastify').FastifyAdapter);
})().catch((error) => { console.error(error); process.exit(1); });
`;

const nestPackages = ['common', 'core', 'websockets', 'platform-express', 'platform-fastify'];

/** @param peers what else is installed; a `@nestjs/…` among them has another version than the others. */
const nest = (version, ...peers) => ({
  name: `NestJS ${version}, on Express and Fastify`,
  area: 'frameworks',
  async run(place) {
    const own = nestPackages
      .map((name) => `@nestjs/${name}`)
      .filter((name) => !peers.some((each) => each.startsWith(`${name}@`)));
    await place.install('carillon', ...own.map((name) => `${name}@${version}`), ...peers);
    place.write('client.cjs', client);
    place.write('main.cjs', nestProgram);
    await place.run('node main.cjs');
  },
});

const fastifyProgram = `
const check = require('./client.cjs');
const carillon = require('carillon/fastify');
const app = require('fastify')();
process.on('warning', (warning) => { if (warning.code === 'CARILLON_UNTESTED') throw warning; });
(async () => {
  await app.register(carillon);
  app.io.on('connection', (socket) => socket.on('echo', (value, ack) => ack(value)));
  app.io.listen(0);
  await app.listen({ port: 0, host: '127.0.0.1' });
  await check('http://127.0.0.1:' + app.server.address().port);
  await app.close();
})().catch((error) => { console.error(error); process.exit(1); });
`;

const fastify = (version) => ({
  name: `Fastify ${version}`,
  area: 'frameworks',
  async run(place) {
    await place.install('carillon', `fastify@${version}`);
    place.write('client.cjs', client);
    place.write('main.cjs', fastifyProgram);
    await place.run('node main.cjs');
  },
});

/** What `npm test` runs of it: the versions that this project has installed itself. */
const share = [
  [
    'NestJS, as this project has it',
    nestProgram,
    [...nestPackages.map((name) => `@nestjs/${name}`), 'rxjs', 'reflect-metadata'],
  ],
  ['Fastify, as this project has it', fastifyProgram, ['fastify']],
  ['Fastify 5.0.0, as this project has it', fastifyProgram, ['fastify=fastify-lowest']],
].map(([name, program, packages]) => ({
  name,
  area: 'frameworks',
  share: true,
  async run(place) {
    await place.link('carillon', ...packages);
    place.write('client.cjs', client);
    place.write('main.cjs', program);
    await place.run('node main.cjs');
  },
}));

export default [
  ...share,
  nest('10.0.0', 'rxjs@7.1.0', 'reflect-metadata@0.1.12'),
  nest('10', 'rxjs@7', 'reflect-metadata@0.2'),
  // Its own platform-fastify asks for NestJS 10 (so does 11.0.1; 11.0.2 was never published): npm refuses them together.
  nest('11.0.0', '@nestjs/platform-fastify@11.0.3', 'rxjs@7.1.0', 'reflect-metadata@0.1.12'),
  nest('11', 'rxjs@7', 'reflect-metadata@0.2'),
  nest('12', 'rxjs@7', 'reflect-metadata@0.2'),
  fastify('4.0.0'),
  fastify('4'),
  fastify('5'),
];
