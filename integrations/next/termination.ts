const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Does something before the process ends by a signal, and lets it end.
 *
 * A listener takes away what the signal does by itself. So when nobody else listens, the process is ended here; else
 * that is up to the others (`next start` waits for its connections, which are ours too, and exits).
 *
 * @returns forgets about it.
 */
export function onTermination(finish: () => Promise<void>): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    forget();
    const isOurs = process.listenerCount(signal) === 0;
    finish()
      .catch((error) => console.error('carillon: could not shut down:', error))
      .finally(() => {
        if (isOurs) process.exit(0);
      });
  };
  const forget = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return forget;
}
