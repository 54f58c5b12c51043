import { createRequire } from 'node:module';
import * as official from 'socket.io-client';
import * as ours from '../../../core/client/node.js';
import { publicMembers } from '../../support/compat/declarations.js';
import { createHarness } from './support/harness.js';

const require = createRequire(import.meta.url);
const { version } = require('socket.io-client/package.json');

describe(`every public member of socket.io-client ${version} is there`, () => {
  const { socket, manager } = createHarness();
  socket.connect();

  test.each([
    ['Socket', 'socket.io-client', 'build/esm/socket.d.ts', 'Socket', socket],
    ['Manager', 'socket.io-client', 'build/esm/manager.d.ts', 'Manager', manager],
  ])('of a %s', (_name, packageName, file, declaration, object) => {
    const names = publicMembers(packageName, file, declaration).filter((name) => name !== 'constructor');
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !(name in object) && !(name in object.constructor))).toEqual([]);
  });

  // Its declarations are spread over private base classes: these are the members that stand in the documentation.
  test('of the engine and its transport', () => {
    const { engine } = manager;
    const members = ['id', 'transport', 'binaryType', 'readyState', 'writeBuffer', 'open', 'write', 'send', 'close'];
    expect(members.filter((name) => !(name in engine))).toEqual([]);
    expect((engine.constructor as unknown as { protocol: number }).protocol).toBe(4);
    const parts = ['name', 'query', 'writable', 'open', 'close', 'send'];
    expect(parts.filter((name) => !(name in engine.transport))).toEqual([]);
  });

  test('of the module', () => {
    // WebTransport is not there yet.
    const missing = Object.keys(official).filter((name) => !(name in ours));
    expect(missing.filter((name) => name !== 'WebTransport')).toEqual([]);
    expect(ours.protocol).toBe(official.protocol);
  });
});
