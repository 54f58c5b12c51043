/** One line for any values: bytes as their count and sum, long text as its length. */
export function describe(value) {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    const bytes = new Uint8Array(value.buffer ?? value, value.byteOffset ?? 0, value.byteLength);
    return `<${bytes.length} bytes, sum ${bytes.reduce((sum, byte) => sum + byte, 0)}>`;
  }
  if (typeof value === 'string') return value.length > 200 ? `<text of ${value.length}>` : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(describe).join(',')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${describe(value[name])}`)
      .join(',')}}`;
  return String(value);
}
