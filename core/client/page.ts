/** What a page tells about itself: the network came back or went away, it is about to go, it is looked at again. */
export type PageEvent = 'online' | 'offline' | 'beforeunload' | 'visible';

interface Page {
  addEventListener?: (type: string, listener: () => void, options: { signal: AbortSignal }) => void;
  document?: Page & { visibilityState: string };
}

/** Listens to the page until the function it returns is called. In Node.js there is none, and nothing happens. */
export function watchPage(onEvent: (event: PageEvent) => void, page: Page = globalThis as Page): () => void {
  const { document } = page;
  const controller = new AbortController();
  for (const type of ['online', 'offline', 'beforeunload'] as const) {
    page.addEventListener?.(type, () => onEvent(type), controller);
  }
  document?.addEventListener?.(
    'visibilitychange',
    () => document.visibilityState === 'visible' && onEvent('visible'),
    controller,
  );
  return () => controller.abort();
}
