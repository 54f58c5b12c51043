// What the hooks infer.
import { createSocketHooks, useEvent } from '../../../integrations/react/index.js';

interface ServerToClient {
  news: (headline: string) => void;
}
interface ClientToServer {
  chat: (text: string) => void;
}
const hooks = createSocketHooks<ServerToClient, ClientToServer>();

export function Component(): void {
  hooks.useEvent('news', (headline) => headline.length);
  // The socket's own events have their own parameters, with a map and without one.
  hooks.useEvent('disconnect', (reason, description) => [reason === 'io server disconnect', description]);
  hooks.useEvent('connect_error', (error) => [error.message, error.data]);
  useEvent('disconnect', (reason) => reason === 'io server disconnect');
  useEvent('connect_error', (error) => error.message);
  useEvent('anything', (a, b) => [a, b]);
  // @ts-expect-error there is no such reason
  useEvent('disconnect', (reason) => reason === 'too tired');
  // @ts-expect-error the server sends no such event
  hooks.useEvent('chat', () => {});
}
