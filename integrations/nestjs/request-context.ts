import { ContextIdFactory } from '@nestjs/core';

/**
 * Key under which Nest keeps the context of a request on the request. Nest 12 exports it, 10 and 11 do not; it is the
 * symbol that `getByRequest()` looks for.
 */
export const REQUEST_CONTEXT_ID: symbol = keyOfContext();

function keyOfContext(): symbol {
  let key: symbol | undefined;
  const probe = new Proxy(
    {},
    {
      get(_target, name) {
        if (typeof name === 'symbol') key ??= name;
        return undefined;
      },
    },
  );
  ContextIdFactory.getByRequest(probe);
  return key ?? Symbol('carillon:request-context');
}
