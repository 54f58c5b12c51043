import type { BinaryType } from './connection.js';

/** Makes what a transport delivered (an ArrayBuffer or a view) what the application wants. */
export function toBinaryType(data: any, binaryType: BinaryType): unknown {
  if (binaryType === 'nodebuffer') return Buffer.isBuffer(data) ? data : Buffer.from(data);
  if (binaryType === 'blob') return new Blob([data]);
  return ArrayBuffer.isView(data) ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : data;
}
