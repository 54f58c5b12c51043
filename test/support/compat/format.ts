import { createHash } from 'node:crypto';

const longest = 160;

/** Shows a value on one line, so that two equal lines are two values an application cannot tell apart. */
export function format(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > longest
      ? `${JSON.stringify(value.slice(0, 40))}… (${value.length} characters, ${digest(value)})`
      : JSON.stringify(value);
  }
  if (typeof value === 'function') return '[function]';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  if (Array.isArray(value)) return `[${value.map(format).join(', ')}]`;
  return formatObject(value);
}

function formatObject(value: object): string {
  // Values may come from another realm (the test environment has its own globals): ask for the tag, not the class.
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (Buffer.isBuffer(value)) return bytes('Buffer', value);
  if (ArrayBuffer.isView(value)) return bytes(tag, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  switch (tag) {
    case 'ArrayBuffer':
      return bytes(tag, new Uint8Array(value as ArrayBuffer));
    case 'Error':
      return formatError(value as Error);
    case 'Date':
      return `Date(${(value as Date).toISOString()})`;
    case 'Set':
      return `Set(${[...(value as Set<unknown>)].map(format).join(', ')})`;
    case 'Map':
      return `Map(${[...(value as Map<unknown, unknown>)].map(([key, each]) => `${format(key)} => ${format(each)}`).join(', ')})`;
  }
  const type = Object.getPrototypeOf(value)?.constructor?.name ?? 'Object';
  return type === 'Object' ? formatFields(value) : `[${type}]`;
}

function formatFields(value: object): string {
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return fields.length === 0 ? '{}' : `{ ${fields.map(([key, each]) => `${key}: ${format(each)}`).join(', ')} }`;
}

/** The parts of an error that the documentation promises; the stack and transport internals are left out. */
function formatError(error: Error & { data?: unknown; code?: unknown }): string {
  const rest = formatFields({
    ...(error.code === undefined ? {} : { code: error.code }),
    ...(error.data === undefined ? {} : { data: error.data }),
  });
  return `${error.name}(${format(error.message)})${rest === '{}' ? '' : ` ${rest}`}`;
}

function bytes(type: string, content: Uint8Array): string {
  return content.byteLength > longest / 4
    ? `${type}<${content.byteLength} bytes, ${digest(content)}>`
    : `${type}<${Buffer.from(content).toString('hex')}>`;
}

const digest = (content: string | Uint8Array) => createHash('sha1').update(content).digest('hex').slice(0, 8);
