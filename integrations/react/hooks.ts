import {
  type Context,
  createContext,
  createElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useInsertionEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
  version,
} from 'react';
import type {
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  SocketReservedEvents,
} from '../../core/client/index.js';
import { warnIfUntested } from '../../core/tested-versions.js';
import { io, type ManagerOptions, type Socket, type SocketOptions } from './client.js';
import { type ConnectionState, INITIAL_STATE, SharedSocket } from './shared-socket.js';

export interface SocketProviderProps {
  /** Where to connect, and to which namespace: `https://example.com/admin`. @default the page's own server */
  url?: string;
  /** Options of `io()`. Read when the connection is made; give the provider another `key` to apply new ones. */
  options?: Partial<ManagerOptions & SocketOptions>;
  children?: ReactNode;
}

/** Events a socket emits itself, with the arguments of their listeners. */
export interface LifecycleEvents extends SocketReservedEvents {}

/** The listener of an event: of the socket's own, or of the map. */
export type EventListener<Events extends EventsMap, Event> = Event extends keyof LifecycleEvents
  ? LifecycleEvents[Event]
  : Event extends keyof Events
    ? Events[Event]
    : never;

/** A provider and the hooks that belong to it. */
export interface SocketHooks<ListenEvents extends EventsMap, EmitEvents extends EventsMap> {
  /** Connects while it is mounted; nothing happens in server rendering. One connection, however many components use it. */
  SocketProvider(props: SocketProviderProps): ReactNode;
  /** The socket; `null` in server rendering and in the first rendering in the browser. */
  useSocket(): Socket<ListenEvents, EmitEvents> | null;
  /** Calls the listener, always the latest one given, on each event while the component is mounted. */
  useEvent<Event extends EventNames<ListenEvents> | keyof LifecycleEvents>(
    event: Event,
    listener: EventListener<ListenEvents, Event>,
  ): void;
  /**
   * A function that sends events, the same one in every rendering; for effects and event handlers. What is sent while
   * there is no connection waits for it. Does nothing in server rendering and after the provider is gone.
   */
  useEmit(): <Event extends EventNames<EmitEvents>>(event: Event, ...args: EventParams<EmitEvents, Event>) => void;
  /** Whether there is a connection, and why not. */
  useConnectionState(): ConnectionState;
}

/**
 * A provider and hooks of their own, for typed events or for several connections in one tree.
 *
 * @example
 * export const { SocketProvider, useEvent, useEmit } = createSocketHooks<ServerToClient, ClientToServer>();
 */
export function createSocketHooks<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
>(): SocketHooks<ListenEvents, EmitEvents> {
  warnIfUntested('react', version);
  const Context = createContext<SharedSocket | null>(null);
  const provide = (props: SocketProviderProps): ReactNode => createElement(Provider, { ...props, Context });
  return {
    SocketProvider: provide,

    useSocket() {
      const shared = useShared(Context, 'useSocket');
      return useSyncExternalStore(shared.observe, shared.socket, noSocket) as Socket<ListenEvents, EmitEvents> | null;
    },

    useEvent(event, listener) {
      const shared = useShared(Context, 'useEvent');
      const latest = useRef(listener);
      useInsertionEffect(() => {
        latest.current = listener;
      });
      useEffect(
        () => shared.listen(event as string, (...args: unknown[]) => (latest.current as Function)(...args)),
        [shared, event],
      );
    },

    useEmit() {
      const shared = useShared(Context, 'useEmit');
      return useCallback(
        (event, ...args) => {
          shared.socket()?.emit(event as string, ...args);
        },
        [shared],
      );
    },

    useConnectionState() {
      const shared = useShared(Context, 'useConnectionState');
      return useSyncExternalStore(shared.observe, shared.state, initialState);
    },
  };
}

function useShared(Context: Context<SharedSocket | null>, hook: string): SharedSocket {
  const shared = useContext(Context);
  if (shared === null) throw new Error(`carillon: ${hook}() needs a <SocketProvider> above its component`);
  return shared;
}

function Provider({
  Context,
  url,
  options,
  children,
}: SocketProviderProps & { Context: Context<SharedSocket | null> }): ReactNode {
  const latest = useRef(options);
  useInsertionEffect(() => {
    latest.current = options;
  });
  const shared = useMemo(
    () => new SharedSocket(() => (url === undefined ? io(latest.current) : io(url, latest.current))),
    [url],
  );
  // The first of the children, because effects run in their order: when those of the others run, there is a socket.
  return createElement(Context.Provider, { value: shared }, createElement(Holder, { shared }), children);
}

/** There is a socket before any layout effect below the provider runs. Servers run no effects, and React 18 says so. */
const useFirstEffect = typeof window === 'undefined' ? useEffect : useLayoutEffect;

function Holder({ shared }: { shared: SharedSocket }): null {
  useFirstEffect(() => shared.hold(), [shared]);
  // React takes layout effects back while something beside them suspends again; the connection stays.
  useEffect(() => shared.hold(), [shared]);
  return null;
}

const noSocket = (): null => null;
const initialState = (): ConnectionState => INITIAL_STATE;
