import createDebug from 'debug';
import type { Credentials, NamespaceOwner } from './contracts.js';

const debug = createDebug('carillon:namespace');

/** Decides whether a name belongs to a dynamic namespace: `next(null, true)` creates it. */
export type NamespaceMatcher = (
  name: string,
  auth: { [key: string]: any }, // Published so: applications read their own credentials from it.
  next: (error: Error | null, success: boolean) => void,
) => void;

/** What makes the namespaces of a pattern. */
export interface NamespacePattern<Member> {
  /** @param isForClient it was a client that asked for it: the application holds no reference to it. */
  createChild(name: string, isForClient: boolean): Member;
}

export interface NamespaceRegistryOptions<Member> {
  /** Makes the namespace of a name that no pattern matches. */
  make(name: string): Member;
  /** A namespace was made; called once for each. */
  onRegistered(namespace: Member): void;
  /** A namespace is gone. */
  onUnregistered(namespace: Member): void;
  /** A matcher threw. */
  onMatcherError(error: unknown): void;
}

/** The namespaces of a server: those with names, and the patterns that make more of them. */
export class NamespaceRegistry<Member extends { readonly name: string }> implements NamespaceOwner<Member> {
  /** Those with names; the ecosystem knows it as `io._nsps`. */
  readonly named = new Map<string, Member>();
  readonly #options: NamespaceRegistryOptions<Member>;
  /** In the order in which they were added, which is the order in which they are asked. */
  readonly #patterns = new Map<NamespaceMatcher, NamespacePattern<Member>>();
  readonly #regularExpressions = new Map<RegExp, NamespacePattern<Member>>();

  constructor(options: NamespaceRegistryOptions<Member>) {
    this.#options = options;
  }

  /** The namespace of this name; made when there is none, by a regular expression that matches or plainly. */
  get(given: string): Member {
    const name = given.startsWith('/') ? given : `/${given}`;
    const existing = this.named.get(name);
    if (existing !== undefined) return existing;
    for (const [expression, pattern] of this.#regularExpressions) {
      expression.lastIndex = 0;
      if (expression.test(name)) return pattern.createChild(name, false);
    }
    const namespace = this.#options.make(name);
    this.register(namespace);
    return namespace;
  }

  /** The namespace with this name, also one that a regular expression makes; none is made for any other name. */
  lookUp(name: string): Member | undefined {
    return this.serves(name) ? this.get(name) : undefined;
  }

  /** Whether {@link lookUp} has a namespace for the name; none is made. */
  serves(name: string): boolean {
    return (
      this.named.has(name) || [...this.#regularExpressions.keys()].some((expression) => name.search(expression) !== -1)
    );
  }

  /** Adds what makes namespaces: clients may ask for any name that it matches. */
  addPattern(given: RegExp | NamespaceMatcher, pattern: NamespacePattern<Member>): void {
    if (given instanceof RegExp) {
      this.#patterns.set(matcherOf(given), pattern);
      this.#regularExpressions.set(given, pattern);
    } else {
      this.#patterns.set(given, pattern);
    }
  }

  /** Finds the namespace a client asks for, or makes it when a pattern matches; calls back now or later, once. */
  find(name: string, auth: Credentials, callback: (namespace: Member | undefined) => void): void {
    const existing = this.named.get(name);
    if (existing !== undefined) {
      callback(existing);
      return;
    }
    const patterns = [...this.#patterns];
    const ask = (index: number): void => {
      const candidate = patterns[index];
      if (candidate === undefined) {
        callback(undefined);
        return;
      }
      const [matches, pattern] = candidate;
      let answered = false;
      const next = (error: Error | null, success: boolean): void => {
        if (answered) return;
        answered = true;
        if (error || !success) ask(index + 1);
        // It may have been made while the function was thinking.
        else callback(this.named.get(name) ?? pattern.createChild(name, true));
      };
      try {
        matches(name, auth, next);
      } catch (error) {
        if (debug.enabled) debug('a matcher failed for %j: %O', name, error);
        this.#options.onMatcherError(error);
        next(null, false);
      }
    };
    ask(0);
  }

  register(namespace: Member): void {
    this.named.set(namespace.name, namespace);
    if (debug.enabled) debug('%j is there', namespace.name);
    this.#options.onRegistered(namespace);
  }

  unregister(namespace: Member): void {
    if (this.named.get(namespace.name) === namespace) this.named.delete(namespace.name);
    if (debug.enabled) debug('%j is gone', namespace.name);
    this.#options.onUnregistered(namespace);
  }
}

/** A matcher from a pattern; a stateful one (`/g`, `/y`) is asked afresh each time. */
function matcherOf(pattern: RegExp): NamespaceMatcher {
  return (name, _auth, next) => {
    pattern.lastIndex = 0;
    next(null, pattern.test(name));
  };
}
