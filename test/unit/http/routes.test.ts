import type { IncomingMessage, ServerResponse } from 'node:http';
import { Routes } from '../../../core/http/routes.js';

function create() {
  const reported: string[] = [];
  const routes = new Routes((error, name) => reported.push(`${name}: ${(error as Error).message}`));
  const answers: unknown[] = [];
  const response = {
    headersSent: false,
    writeHead: (...head: unknown[]) => answers.push(head),
    end: () => answers.push('end'),
  };
  const request = (url: string) => routes.handle({ url } as IncomingMessage, response as unknown as ServerResponse); // As much as routes look at.
  return { routes, reported, answers, request };
}

test('the last part of the path decides', () => {
  const { routes, request } = create();
  const served: unknown[] = [];
  expect(request('/socket.io/publish')).toBe(false);
  const undo = routes.add('publish', ({ url }) => void served.push(url));
  for (const url of ['/socket.io/publish', '/socket.io/publish?a=/b', '/publish/', '/socket.io/', '/xpublish'])
    request(url);
  expect(served).toEqual(['/socket.io/publish', '/socket.io/publish?a=/b']);
  undo();
  expect(request('/socket.io/publish')).toBe(false);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('broken');
    },
  ],
  [
    'rejects',
    async () => {
      throw new Error('broken');
    },
  ],
])('a handler that %s: reported, and answered with 500', async (_, handler) => {
  const { routes, reported, answers, request } = create();
  routes.add('x', handler);
  request('/x');
  await new Promise((resolve) => setImmediate(resolve));
  expect(reported).toEqual(['route x: broken']);
  expect(answers).toEqual([[500, { Connection: 'close' }], 'end']);
});

test('names that are no part of a path, or taken', () => {
  const { routes } = create();
  routes.add('a', () => {});
  expect(() => routes.add('a/b', () => {})).toThrow('a route is one part of a path');
  expect(() => routes.add('a', () => {})).toThrow('there is a route "a" already');
});
