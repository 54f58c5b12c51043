import type { IncomingMessage } from 'node:http';
import type { EngineExtension, ExtensionCluster, ExtensionStore, Undo } from '../extension.js';
import type { StoreProvider } from '../store/memory-store.js';
import type { ErrorReporter } from './contracts.js';
import type { FaceHost, FaceNamespace } from './extension-face.js';
import type { HookHub } from './hooks.js';

export interface FaceHostOptions {
  readonly hooks: HookHub;
  readonly cluster: ExtensionCluster;
  readonly reporter: ErrorReporter;
  readonly namespaces: {
    readonly named: ReadonlyMap<string, FaceNamespace>;
    lookUp(name: string): FaceNamespace | undefined;
    serves(name: string): boolean;
  };
  /** Where the adapter keeps things, or else this process. */
  readonly stores: () => StoreProvider;
  readonly readBody: EngineExtension['readBody'];
}

interface EngineUse {
  readonly use: (face: EngineExtension) => Undo;
  undo: Undo | undefined;
}

/** A server, as the faces of its extensions need it. */
export class ServerFaceHost implements FaceHost {
  readonly hooks: HookHub;
  readonly cluster: ExtensionCluster;
  readonly reporter: ErrorReporter;
  readonly #options: FaceHostOptions;
  readonly #uses = new Set<EngineUse>();
  readonly #closing: (() => unknown)[] = [];
  #engine: EngineExtension | undefined;

  constructor(options: FaceHostOptions) {
    this.hooks = options.hooks;
    this.cluster = options.cluster;
    this.reporter = options.reporter;
    this.#options = options;
  }

  namespaces(): Iterable<FaceNamespace> {
    return this.#options.namespaces.named.values();
  }

  lookUp(name: string): FaceNamespace | undefined {
    return this.#options.namespaces.lookUp(name);
  }

  serves(name: string): boolean {
    return this.#options.namespaces.serves(name);
  }

  store(name: string): ExtensionStore {
    return this.#options.stores().store(name);
  }

  readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | undefined> {
    return this.#options.readBody(request, maxBytes);
  }

  engine(): EngineExtension | undefined {
    return this.#engine;
  }

  /** The server takes its connections from this engine now; `undefined`: from one that is not ours. */
  bind(engine: EngineExtension | undefined): void {
    this.#engine = engine;
    for (const each of this.#uses) {
      each.undo?.();
      each.undo = engine && each.use(engine);
    }
  }

  withEngine(use: (face: EngineExtension) => Undo): Undo {
    const entry: EngineUse = { use, undo: this.#engine && use(this.#engine) };
    this.#uses.add(entry);
    return () => {
      if (this.#uses.delete(entry)) entry.undo?.();
    };
  }

  onClose(undo: () => unknown): void {
    this.#closing.push(undo);
  }

  /** The server closes: what extensions have done is undone, the last first. */
  async close(): Promise<void> {
    for (const undo of this.#closing.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        this.reporter.reportListenerError(error, { event: 'close' });
      }
    }
  }
}
