import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA, INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { from, type Observable, of } from 'rxjs';
// Since 7.2 they are at the root, too.
import { concatMap, tap } from 'rxjs/operators';
import { acknowledgementOf } from './acknowledgement.js';
import type { CarillonExceptionFilter } from './exception-filter.js';
import { type Gateway, messageHandlersOf } from './gateways.js';
import { isAsyncIterable } from './handler-run.js';
import { Invocation } from './invocation.js';
import { originalOf } from './rooms/handler.js';

/** Tells success from a failure that a filter answered in its own way: both end without an answer. */
class SuccessMark implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(tap({ complete: () => Invocation.of(context)?.succeed() }));
  }
}

/** What a generator throws half way is an exception like any other: guards, filters and interceptors see a stream. */
class GeneratorStream implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(concatMap((value) => (isAsyncIterable(value) ? from(value) : of(value))));
  }
}

/**
 * Adds what every gateway needs, as `@UseFilters()` and `@UseInterceptors()` on the class would, ahead of what is there:
 * filters of the application come first, ours takes the rest.
 *
 * @param marksSuccess whether successes are to be told from failures that filters of the application answer.
 * @returns takes it away again: another application may use the same classes.
 */
export function enhance(
  gateways: readonly Gateway[],
  filter: CarillonExceptionFilter,
  marksSuccess: boolean,
): () => void {
  const restores: (() => void)[] = [];
  const mark = marksSuccess ? new SuccessMark() : undefined;
  for (const type of new Set(gateways.map((gateway) => gateway.type))) {
    restores.push(prepend(EXCEPTION_FILTERS_METADATA, type, filter));
    if (mark !== undefined) restores.push(prepend(INTERCEPTORS_METADATA, type, mark));
    for (const name of messageHandlersOf(type)) {
      const handler: Function = type.prototype[name];
      const before = [acknowledgementOf(type, name, handler) ?? []].flat();
      const after = originalOf(handler) instanceof AsyncGeneratorFunction ? [new GeneratorStream()] : [];
      if (before.length + after.length === 0) continue;
      restores.push(add(INTERCEPTORS_METADATA, handler, (others) => [...before, ...others, ...after]));
    }
  }
  return () => {
    for (const restore of restores.splice(0).reverse()) restore();
  };
}

const AsyncGeneratorFunction = Object.getPrototypeOf(async function* () {}).constructor as FunctionConstructor;

function prepend(key: string, target: Function, enhancer: object): () => void {
  return add(key, target, (others) => [enhancer, ...others]);
}

type Change = (enhancers: readonly unknown[]) => unknown[];

/** What the application wrote, and what each running application of ours made of it; the newest is in effect. */
interface Overlay {
  readonly own: unknown[] | undefined;
  readonly all: readonly unknown[];
  readonly changes: Set<Change>;
}

const overlays = new WeakMap<Function, Map<string, Overlay>>();

/** Changes a list of enhancers. @returns undoes it, whatever others did in the meantime. */
function add(key: string, target: Function, change: Change): () => void {
  let ofTarget = overlays.get(target);
  if (ofTarget === undefined) {
    ofTarget = new Map();
    overlays.set(target, ofTarget);
  }
  let overlay = ofTarget.get(key);
  if (overlay === undefined) {
    const own: unknown[] | undefined = Reflect.getOwnMetadata(key, target);
    overlay = { own, all: writtenOn(key, target), changes: new Set() };
    ofTarget.set(key, overlay);
  }
  const { own, all, changes } = overlay;
  changes.add(change);
  Reflect.defineMetadata(key, change(all), target);
  return () => {
    changes.delete(change);
    const previous = [...changes].at(-1);
    if (previous !== undefined) Reflect.defineMetadata(key, previous(all), target);
    else if (own !== undefined) Reflect.defineMetadata(key, own, target);
    else Reflect.deleteMetadata(key, target);
    if (changes.size === 0) ofTarget.delete(key);
  };
}

/** The enhancers of a class, or of the nearest class above it that has some, as the application wrote them. */
function writtenOn(key: string, target: Function): readonly unknown[] {
  for (let level: Function | null = target; level !== null; level = Object.getPrototypeOf(level)) {
    const overlay = overlays.get(level)?.get(key);
    const own: unknown[] | undefined = overlay === undefined ? Reflect.getOwnMetadata(key, level) : overlay.own;
    if (own !== undefined) return own;
  }
  return [];
}
