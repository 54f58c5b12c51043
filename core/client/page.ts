/** What a page tells about itself: the network came back or went away, it is about to go, it is looked at again. */
export type PageEvent = 'online' | 'offline' | 'beforeunload' | 'visible';

interface Page {
  addEventListener?: (type: string, listener: (event: { type: string }) => void) => void;
  removeEventListener?: (type: string, listener: (event: { type: string }) => void) => void;
  document?: Page & { visibilityState: string };
}

/** Listens to the page until the function it returns is called. In Node.js there is none, and nothing happens. */
export function watchPage(onEvent: (event: PageEvent) => void, page: Page = globalThis as Page): () => void {
  const { document } = page;
  const listener = ({ type }: { type: string }) => {
    if (type !== 'visibilitychange') onEvent(type as PageEvent);
    else if (document?.visibilityState === 'visible') onEvent('visible');
  };
  const all = (method: 'addEventListener' | 'removeEventListener') => {
    for (const type of ['online', 'offline', 'beforeunload']) page[method]?.(type, listener);
    document?.[method]?.('visibilitychange', listener);
  };
  all('addEventListener');
  return () => all('removeEventListener');
}
