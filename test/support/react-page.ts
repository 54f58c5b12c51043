// The page of test/browser/react.test.ts: what the hooks do, in StrictMode or not, steered from outside.
import { createElement, Fragment, StrictMode, Suspense, useLayoutEffect, useState } from 'react';
import { flushSync } from 'react-dom';
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

/** What a component waits for, by name, and how to end the wait. */
const waits = new Map<string, { promise: Promise<void>; end: () => void; isOver: boolean }>();

/** Suspends until it is woken, as a component does that loads something. */
function Sleeper({ name }: { name: string }) {
  let wait = waits.get(name);
  if (wait === undefined) {
    let end = (): void => {};
    const promise = new Promise<void>((resolve) => {
      end = resolve;
    });
    wait = { promise, end, isOver: false };
    waits.set(name, wait);
  }
  if (!wait.isOver) throw wait.promise;
  return null;
}

/** Emits before the browser paints for the first time, and again with its cleanup, as StrictMode runs it. */
function Eager() {
  const emit = useEmit();
  useLayoutEffect(() => {
    emit('eager', 'in a layout effect');
  }, [emit]);
  return null;
}

function AdminStatus() {
  const { status, error } = admin.useConnectionState();
  return createElement('p', { id: 'admin' }, `${status} ${error?.message ?? ''}`);
}

const page = {
  heard,
  renders: () => renders,
  differentEmits: () => emits.size,
  connect: () => latestSocket?.connect(),
  listeners: () => latestSocket?.listeners('news' as never).length,
  wake(name: string) {
    const wait = waits.get(name)!;
    wait.isOver = true;
    wait.end();
  },
  render({
    listeners = 1,
    prefix = '',
    withAdmin = false,
    url,
    sleeper,
    isEager,
    options,
    isStrict = true,
  }: PageProps) {
    root ??= createRoot(document.getElementById('root') as HTMLElement);
    const listening = Array.from({ length: listeners }, (_, key) => createElement(Listener, { key, prefix }));
    const inner = withAdmin ? createElement(admin.SocketProvider, { url: '/admin' }, createElement(AdminStatus)) : null;
    const tree = createElement(
      isStrict ? StrictMode : Fragment,
      null,
      createElement(
        Suspense,
        { fallback: createElement('p', null, 'asleep') },
        createElement(
          SocketProvider,
          { ...(url && { url }), ...(options && { options }) },
          ...listening,
          isEager ? createElement(Eager) : null,
          createElement(Status),
          inner,
          sleeper === undefined ? null : createElement(Sleeper, { name: sleeper }),
        ),
      ),
    );
    // Effects included: whoever steers the page goes on only when it is as was asked for.
    flushSync(() => root?.render(tree));
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
  /** Name of something that a component waits for. */
  sleeper?: string;
  /** Whether a component emits in a layout effect. */
  isEager?: boolean;
  /** Of the provider. */
  options?: { autoConnect?: boolean };
  isStrict?: boolean;
}
export type ReactPage = typeof page;
Object.assign(window, { page });
