'use client';
/**
 * carillon for React: a provider that connects, and hooks that use the connection.
 */
import { createSocketHooks } from './hooks.js';

export const { SocketProvider, useSocket, useEvent, useEmit, useConnectionState } = createSocketHooks();
export { createSocketHooks, type LifecycleEvents, type SocketHooks, type SocketProviderProps } from './hooks.js';
export type { ConnectionState } from './shared-socket.js';
