import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import {
  SocketProvider,
  useConnectionState,
  useEmit,
  useEvent,
  useSocket,
} from '../../../../integrations/react/index.js';

function Component() {
  useEvent('news', () => {});
  const emit = useEmit();
  emit('ignored');
  return `${useSocket()} ${useConnectionState().status}`;
}

it('renders on a server without connecting', async () => {
  let connections = 0;
  const server = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  server.on('connection', () => connections++);
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(renderToString(createElement(SocketProvider, { url }, createElement(Component)))).toBe('null connecting');
  // Had anything been started, it would be at the server's door before what is asked for now.
  await (await fetch(url)).text();
  expect(connections).toBe(1);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

it.each(Object.entries({ useSocket, useEmit, useConnectionState, useEvent: () => useEvent('news', () => {}) }))(
  '%s without a provider says what is missing',
  (name, hook) => {
    const component = () => String(hook());
    expect(() => renderToString(createElement(component))).toThrow(
      `${name}() needs a <SocketProvider> above its component`,
    );
  },
);
