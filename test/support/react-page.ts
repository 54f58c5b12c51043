// The page of test/browser/react.test.ts: what the hooks do in StrictMode, steered from outside.
import { createElement, StrictMode, useState } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import {
  createSocketHooks,
  SocketProvider,
  useConnectionState,
  useEmit,
  useEvent,
  useSocket,
} from '../../integrations/react/index.js';

const admin = createSocketHooks();
const heard: string[] = [];
let root: Root | undefined;
let renders = 0;
let latestSocket: ReturnType<typeof useSocket> = null;
const emits = new Set<unknown>();

function Listener({ prefix }: { prefix: string }) {
  useEvent('news', (text: string) => heard.push(`${prefix}${text}`));
  return null;
}

function Status() {
  renders++;
  const { status, id, error } = useConnectionState();
  const emit = useEmit();
  emits.add(emit);
  latestSocket = useSocket();
  const [answer, setAnswer] = useState('');
  return createElement(
    'div',
    null,
    createElement('p', { id: 'status' }, [status, id, error?.message].filter(Boolean).join(' ')),
    createElement('button', { id: 'ask', type: 'button', onClick: () => emit('ask', setAnswer) }, 'ask'),
    createElement('p', { id: 'answer' }, answer),
  );
}

function AdminStatus() {
  const { status, error } = admin.useConnectionState();
  return createElement('p', { id: 'admin' }, `${status} ${error?.message ?? ''}`);
}

const page = {
  heard,
  renders: () => renders,
  differentEmits: () => emits.size,
  listeners: () => latestSocket?.listeners('news' as never).length,
  render({ listeners = 1, prefix = '', withAdmin = false, url }: PageProps) {
    root ??= createRoot(document.getElementById('root') as HTMLElement);
    const listening = Array.from({ length: listeners }, (_, key) => createElement(Listener, { key, prefix }));
    const inner = withAdmin ? createElement(admin.SocketProvider, { url: '/admin' }, createElement(AdminStatus)) : null;
    root.render(
      createElement(
        StrictMode,
        null,
        createElement(SocketProvider, url === undefined ? {} : { url }, ...listening, createElement(Status), inner),
      ),
    );
  },
  unmount() {
    root?.unmount();
    root = undefined;
  },
};

export interface PageProps {
  listeners?: number;
  prefix?: string;
  withAdmin?: boolean;
  url?: string;
}
export type ReactPage = typeof page;
Object.assign(window, { page });
