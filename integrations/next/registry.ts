import type { DefaultEventsMap, EventsMap, Server } from '../../core/index.js';

/**
 * Next bundles route handlers, server actions and instrumentation apart from each other and from a custom server, so a
 * variable of a module exists several times. A symbol of the global registry exists once per process.
 */
const KEY = Symbol.for('carillon.next.io');

/** Who registered a server: the function that was called, and the copy of carillon it came from. */
interface Registration {
  readonly io: Server<any, any, any, any>;
  readonly by: 'attach()' | 'createServer()';
  readonly copy: string;
}

const processWide = globalThis as { [KEY]?: Registration };

/**
 * The server of this process, to emit from route handlers, server actions and anything else that runs in Next.
 *
 * @throws Error when nothing was attached yet: the message says what to call, and where.
 *
 * @example
 * // app/api/news/route.ts
 * export async function POST(request: Request) {
 *   getIO().emit('news', await request.json());
 *   return new Response(null, { status: 204 });
 * }
 */
export function getIO<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  SocketData = any,
>(): Server<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  if (typeof window !== 'undefined') {
    throw new Error('carillon: getIO() is for the server; in the browser use the hooks of carillon/react.');
  }
  const registration = processWide[KEY];
  if (registration === undefined) throw new Error(`carillon: getIO() found no server ${whyNone()}`);
  return registration.io;
}

function whyNone(): string {
  if (process.env.NEXT_RUNTIME === 'edge') {
    return 'because this code runs in the edge runtime, which has no sockets: remove `export const runtime = "edge"`.';
  }
  if (process.env.NEXT_PHASE === 'phase-production-build') {
    return 'because `next build` renders this page ahead of time: call it in a route handler, a server action or a page that is rendered per request.';
  }
  return (
    `in this process (${process.pid}). Call \`await attach()\` of carillon/next in register() of instrumentation.ts, ` +
    'or start Next with createServer() of carillon/next. A server started in another process, or closed, is not found.'
  );
}

/**
 * Makes a server the one that {@link getIO} finds, until it is removed.
 *
 * @param copy names this copy of carillon: its file.
 * @returns removes it again.
 * @throws Error when there is one already.
 */
export function register(io: Registration['io'], by: Registration['by'], copy: string = import.meta.url): () => void {
  const registration = { io, by, copy };
  const existing = processWide[KEY];
  if (existing !== undefined) throw new Error(`carillon: ${by} ${whyTwice(existing, registration)}`);
  processWide[KEY] = registration;
  return () => {
    if (processWide[KEY] === registration) delete processWide[KEY];
  };
}

function whyTwice(existing: Registration, refused: Registration): string {
  const already = `found a server in this process that ${existing.by} made`;
  if (existing.by !== refused.by) {
    return `${already}. With a custom server, leave attach() out of instrumentation.ts: getIO() gives its server.`;
  }
  if (existing.copy !== refused.copy) {
    return (
      `${already} with another copy of carillon (${existing.copy}, this is ${refused.copy}). Keep one: see ` +
      '`npm ls carillon next`, and wrap next.config in withCarillon().'
    );
  }
  return `${already}. Call it once, and use getIO() everywhere else; or close the first with \`await getIO().close()\`.`;
}
