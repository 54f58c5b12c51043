import { ProtocolError } from '../../errors.js';

/** Anything that travels as a binary message instead of JSON. */
export type Binary = ArrayBuffer | ArrayBufferView | Blob;

export function isBinary(value: unknown): value is Binary {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob;
}

/**
 * Whether a value holds binary anywhere inside, as JSON would see it (`toJSON` is honoured).
 *
 * @param isJson the value is what `toJSON` made: JSON does not ask it again.
 */
export function hasBinary(value: unknown, isJson = false): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isBinary(value)) return true;
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item === 'object' && item !== null && hasBinary(item)) return true;
    }
    return false;
  }
  if (!isJson) {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return hasBinary(toJSON.call(value), true);
  }
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' && item !== null && Object.hasOwn(value, key) && hasBinary(item)) return true;
  }
  return false;
}

interface Placeholder {
  _placeholder: true;
  num: number;
}

/**
 * Takes the binary parts out: returns a copy with placeholders `{"_placeholder":true,"num":i}` and appends the parts to
 * `attachments`, in order. The value given is not changed. Source: Socket.IO protocol 5, "Binary".
 */
export function detach(value: unknown, attachments: Binary[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isBinary(value)) {
    const placeholder: Placeholder = { _placeholder: true, num: attachments.length };
    attachments.push(value);
    return placeholder;
  }
  if (Array.isArray(value)) return value.map((item) => detach(item, attachments));
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') {
    const json: unknown = toJSON.call(value);
    return json === value ? value : detach(json, attachments);
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) set(copy, key, detach((value as Record<string, unknown>)[key], attachments));
  return copy;
}

/** A placeholder as it stands in JSON; behind a backslash, it would be the end of a longer key. */
const PLACEHOLDER = /[^\\]"_placeholder":true/g;

/** How many objects of this JSON any decoder takes for placeholders. */
export function countPlaceholders(json: string): number {
  return json.match(PLACEHOLDER)?.length ?? 0;
}

/**
 * Puts attachments back in place of their placeholders, in the value itself (it comes fresh from JSON.parse).
 *
 * @throws ProtocolError unless each attachment is named exactly once. One that is named often would multiply when the value
 * is sent on: seventy bytes then become more attachments than a client takes, or a megabyte becomes gigabytes.
 */
export function attach(value: unknown, attachments: readonly unknown[]): unknown {
  const left = new Set<unknown>(attachments.keys());
  const attached = replace(value, attachments, left);
  if (left.size > 0) throw new ProtocolError('illegal attachments');
  return attached;
}

function replace(value: unknown, attachments: readonly unknown[], left: Set<unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = replace(value[i], attachments, left);
    return value;
  }
  if ((value as Partial<Placeholder>)._placeholder === true) {
    const { num } = value as Placeholder;
    // Only an index that is there: anything else would let a peer read properties of the array ("splice").
    if (!left.delete(num)) throw new ProtocolError('illegal attachments');
    return attachments[num];
  }
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    const attached = replace(item, attachments, left);
    if (attached !== item) set(value as Record<string, unknown>, key, attached);
  }
  return value;
}

/** Assigns an own property, also when it is called `__proto__`: JSON knows such keys, and they must stay plain data. */
function set(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}
