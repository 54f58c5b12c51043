import { EventEmitter as NodeEmitter } from 'node:events';
import { jest } from '@jest/globals';

/** Calls listeners, and knows that it does it as the runtime means it. */
function ownEmit(this: NodeEmitter, event: string, ...args: unknown[]): boolean {
  return NodeEmitter.prototype.emit.call(this, event, ...args);
}

/** `EventEmitter` as Bun has it: with `captureRejections` each instance gets an `emit` that hides the one of its class. */
function BunEmitter(this: NodeEmitter, options?: { captureRejections?: boolean }): void {
  NodeEmitter.call(this as never, options as never);
  if (options?.captureRejections) this.emit = ownEmit as never;
}
BunEmitter.prototype = NodeEmitter.prototype;
const bun = Object.assign(BunEmitter, { captureRejectionSymbol: NodeEmitter.captureRejectionSymbol });

/** Makes emitters without calling the constructor, as `QuietEmitter` does. */
function Quiet(): void {}
Quiet.prototype = NodeEmitter.prototype;

const runtimes = {
  'Node.js': async () => import('../../core/rejections.js'),
  Bun: async () => {
    jest.resetModules();
    jest.unstable_mockModule('node:events', () => ({ EventEmitter: bun, default: bun }));
    return import('../../core/rejections.js');
  },
};

describe.each(Object.entries(runtimes))('on %s', (_name, load) => {
  test('a class keeps its own emit, and listeners are called by another', async () => {
    const { CapturingEmitter, emitToListeners } = await load();
    const sent: unknown[] = [];
    const heard: unknown[] = [];
    class Sender extends CapturingEmitter {
      constructor() {
        super({ captureRejections: true });
      }
      override emit(...args: unknown[]): boolean {
        sent.push(args);
        return true;
      }
    }
    const sender = new Sender();
    sender.on('x', (...args) => heard.push(args));
    sender.emit('x', 1);
    expect([sent, heard]).toEqual([[['x', 1]], []]);
    expect(emitToListeners.call(sender, 'x', 2)).toBe(true);
    expect([sent, heard]).toEqual([[['x', 1]], [[2]]]);
    expect(sender).toBeInstanceOf(NodeEmitter);
  });

  test('what an asynchronous listener rejects is captured', async () => {
    const { captureRejections, emitToListeners } = await load();
    const captured: unknown[] = [];
    class Lazy extends (Quiet as unknown as typeof NodeEmitter) {
      override emit(): boolean {
        throw new Error('not this one');
      }
      override [NodeEmitter.captureRejectionSymbol](error: unknown, event: string | symbol): void {
        captured.push([error, event]);
      }
    }
    const lazy = new Lazy();
    captureRejections(lazy);
    expect(Object.hasOwn(lazy, 'emit')).toBe(false);
    lazy.on('x', async () => Promise.reject(1));
    emitToListeners.call(lazy, 'x');
    await new Promise((resolve) => setImmediate(resolve));
    expect(captured).toEqual([[1, 'x']]);
  });
});
