import { decodeText, encodeText } from './codec.js';
import type { EnginePacket } from './transport.js';

/** The text form of any packet: binary as `b` and base64. A promise only for a Blob, whose bytes have to be read. */
export function encodeAsText(packet: EnginePacket): string | Promise<string> {
  const { data } = packet;
  if (data instanceof Blob) return data.arrayBuffer ? data.arrayBuffer().then(encodeBinary) : encodeBlob(data);
  return typeof data === 'object' && data !== null ? encodeBinary(data) : encodeText(packet);
}

/** Where a Blob cannot be asked for its bytes: React Native, jsdom. */
function encodeBlob(data: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    // A data URL: the base64 stands behind the comma, unless there is none.
    reader.onload = () => resolve(`b${(reader.result as string).split(',')[1] ?? ''}`);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(data);
  });
}

function encodeBinary(data: ArrayBuffer | ArrayBufferView): string {
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  let binary = '';
  // In pieces: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return `b${btoa(binary)}`;
}

/** Reads the text form of any packet; `undefined` when it is none. */
export function decodeFromText(text: string): EnginePacket | undefined {
  if (text[0] !== 'b') return decodeText(text);
  try {
    return { type: 'message', data: Uint8Array.from(atob(text.slice(1)), (char) => char.charCodeAt(0)).buffer };
  } catch {
    return undefined;
  }
}
