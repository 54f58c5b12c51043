import { EventEmitter } from 'node:events';

function Quiet(): void {}
Quiet.prototype = EventEmitter.prototype;

/**
 * `EventEmitter` for objects that rarely have listeners: the same methods, and `instanceof EventEmitter` holds, but the
 * table of listeners, which costs more than many a connection's own fields, is made with the first of them. Node's methods
 * allow for a missing table: it is how objects inherit from `EventEmitter` without calling its constructor.
 */
export const QuietEmitter = Quiet as unknown as typeof EventEmitter;
