/**
 * The entries of the package, by the name under which `exports` in package.json has them.
 *
 * `file` is the source without its extension. `isWrapped`: the ES module is a wrapper around the CommonJS one, so that
 * there is one instance of all state, however it is loaded. The others exist twice, because bundlers have to take them
 * apart (the client for browsers, React) or because the framework itself consists of ES modules (NestJS 12); what they
 * share with others is behind the wrapped ones. `isServer`: works in Node.js only, and says so elsewhere. `defaultOf`:
 * the file and the name under which declarations find what is the default export.
 */
export const ENTRIES = [
  {
    name: '.',
    file: 'core/index',
    isWrapped: true,
    isServer: true,
    defaultOf: ['core/server/create-server', 'createServer'],
  },
  { name: './client', file: 'core/client/index', defaultOf: ['core/client/index', 'io'] },
  {
    name: './client',
    file: 'core/client/node',
    isWrapped: true,
    isServer: true,
    defaultOf: ['core/client/node', 'io'],
  },
  {
    name: './client/websocket-only',
    file: 'core/client/websocket-only',
    defaultOf: ['core/client/websocket-only', 'io'],
  },
  { name: './redis', file: 'core/adapters/redis/index', isWrapped: true, isServer: true },
  { name: './emitter', file: 'core/emitter/index', isWrapped: true, isServer: true },
  { name: './engine', file: 'core/engine-io', isWrapped: true, isServer: true },
  { name: './extension', file: 'core/extension', isWrapped: true, isServer: true },
  {
    name: './fastify',
    file: 'integrations/fastify/index',
    isWrapped: true,
    isServer: true,
    defaultOf: ['integrations/fastify/index', 'carillon'],
  },
  { name: './nestjs', file: 'integrations/nestjs/index', isServer: true },
  { name: './next', file: 'integrations/next/index' },
  { name: './react', file: 'integrations/react/index' },
];

/** Dependencies whose CommonJS calls `require` for modules of Node.js, which bundles of ES modules cannot have. */
export const VENDORED = ['debug', 'ws'];
