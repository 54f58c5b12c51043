import type { IncomingMessage } from 'node:http';
import type { AdmissionGuard, AdmissionRefusal, ExtensionConnection, ForeignSessions } from '../extension.js';

type Opened = (connection: ExtensionConnection, request: IncomingMessage) => void;
type Closed = (connection: ExtensionConnection) => void;

/** What extensions registered for the sessions of an engine. `null`: nobody did. */
export class ConnectionHooks {
  readonly #report: (error: unknown, event: string) => void;
  #first: readonly AdmissionGuard[] | null = null;
  #last: readonly AdmissionGuard[] | null = null;
  #opened: readonly Opened[] | null = null;
  #closed: readonly Closed[] | null = null;
  #foreign: ForeignSessions | null = null;

  /** @param report hears what hooks throw. */
  constructor(report: (error: unknown, event: string) => void) {
    this.#report = report;
  }

  /** Who serves sessions that are not here; `null`: nobody does. */
  get foreign(): ForeignSessions | null {
    return this.#foreign;
  }

  admit(when: 'first' | 'last', guard: AdmissionGuard): () => void {
    if (when === 'first') this.#first = withAdded(this.#first, guard);
    else this.#last = withAdded(this.#last, guard);
    return () => {
      this.#first = without(this.#first, guard);
      this.#last = without(this.#last, guard);
    };
  }

  opened(listener: Opened): () => void {
    this.#opened = withAdded(this.#opened, listener);
    return () => {
      this.#opened = without(this.#opened, listener);
    };
  }

  closed(listener: Closed): () => void {
    this.#closed = withAdded(this.#closed, listener);
    return () => {
      this.#closed = without(this.#closed, listener);
    };
  }

  /** @throws Error when another extension does already. */
  serveForeign(foreign: ForeignSessions): () => void {
    if (this.#foreign !== null) throw new Error('sessions that are not here are served by another extension already');
    this.#foreign = foreign;
    return () => {
      if (this.#foreign === foreign) this.#foreign = null;
    };
  }

  /** Asks the guards; a guard that throws refuses. */
  refusalOf(when: 'first' | 'last', request: IncomingMessage): AdmissionRefusal | undefined {
    const guards = when === 'first' ? this.#first : this.#last;
    if (guards === null) return undefined;
    for (const guard of guards) {
      try {
        const refusal = guard(request);
        if (refusal !== undefined) return refusal;
      } catch (error) {
        this.#report(error, 'admit');
        return { name: 'GUARD_FAILURE' };
      }
    }
    return undefined;
  }

  onOpened(connection: ExtensionConnection, request: IncomingMessage): void {
    for (const listener of this.#opened ?? []) {
      try {
        listener(connection, request);
      } catch (error) {
        this.#report(error, 'opened');
      }
    }
  }

  onClosed(connection: ExtensionConnection): void {
    for (const listener of this.#closed ?? []) {
      try {
        listener(connection);
      } catch (error) {
        this.#report(error, 'closed');
      }
    }
  }
}

function withAdded<Item>(list: readonly Item[] | null, item: Item): readonly Item[] {
  return list === null ? [item] : [...list, item];
}

function without<Item>(list: readonly Item[] | null, item: Item): readonly Item[] | null {
  const rest = list?.filter((each) => each !== item) ?? [];
  return rest.length === 0 ? null : rest;
}
