/** What a page tells about itself. In Node.js there is none, and nothing is called. */
export interface PageHandler {
  /** The network came back. */
  online?: () => void;
  /** The network went away. */
  offline?: () => void;
  /** The page is looked at again. */
  visible?: () => void;
  /** The page is about to go. */
  beforeunload?: () => void;
}

interface Page {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
  document?: Page & { visibilityState: string };
}

/** Listens to the page until the function it returns is called. */
export function watchPage(handler: PageHandler, page: Page = globalThis as Page): () => void {
  const { document } = page;
  const events: [Page | undefined, string, (() => void) | undefined][] = [
    [page, 'online', handler.online],
    [page, 'offline', handler.offline],
    [page, 'beforeunload', handler.beforeunload],
    [document, 'visibilitychange', () => document?.visibilityState === 'visible' && handler.visible?.()],
  ];
  for (const [target, type, listener] of events) if (listener) target?.addEventListener?.(type, listener);
  return () => {
    for (const [target, type, listener] of events) if (listener) target?.removeEventListener?.(type, listener);
  };
}
