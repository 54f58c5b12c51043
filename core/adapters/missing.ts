/**
 * Tells of the nodes that are not in the result of a query: as its property `missing`, which does not show up among its
 * items.
 */
export function withMissing<Result extends object>(result: Result, missing: string[]): Result {
  return Object.defineProperty(result, 'missing', { value: missing, enumerable: false, configurable: true });
}
