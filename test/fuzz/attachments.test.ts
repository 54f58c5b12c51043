import fc from 'fast-check';
import { ProtocolError } from '../../core/errors.js';
import { attach, detach, hasBinary } from '../../core/protocol/socketio/attachments.js';
import { bytes, json, name } from './support/arbitraries.js';
import { fuzz } from './support/fuzz.js';

interface Input {
  /** What a peer sent, straight from JSON. */
  value: unknown;
  attachments: Uint8Array[];
  key: string;
}

fuzz<Input>({
  name: 'attachments',
  inputs: fc.record({ value: json, attachments: fc.array(bytes, { maxLength: 4 }), key: name }),
  check({ value, attachments, key }) {
    const fresh = () => JSON.parse(JSON.stringify(value));
    try {
      const attached = attach(fresh(), attachments);
      // Whatever came out holds nothing but data and the very attachments that were given.
      for (const each of leaves(attached)) {
        expect(typeof each).not.toBe('function');
        if (each instanceof Uint8Array) expect(attachments).toContain(each);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);

    if (attachments.length === 0 || JSON.stringify(value).includes('_placeholder')) return;
    const original = own(key, [fresh(), attachments, own('__proto__', attachments[0])]);
    expect(hasBinary(original)).toBe(true);
    const found: unknown[] = [];
    const detached = detach(original, found as never);
    expect(hasBinary(detached)).toBe(false);
    expect(found).toHaveLength(attachments.length + 1);
    expect(attach(JSON.parse(JSON.stringify(detached)), found)).toEqual(original);
  },
});

function own(key: string, value: unknown): object {
  return Object.defineProperty({}, key, { value, enumerable: true, configurable: true, writable: true });
}

function leaves(value: unknown): unknown[] {
  if (value instanceof Uint8Array || typeof value !== 'object' || value === null) return [value];
  return Object.keys(value).flatMap((key) => leaves(Object.getOwnPropertyDescriptor(value, key)!.value));
}
