/** Where errors of the application's listeners go, and those of hooks. */
export interface ErrorReporter {
  reportListenerError(error: unknown, context: { event: unknown; socket?: unknown; namespace?: unknown }): void;
}
