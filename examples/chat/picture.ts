// Reads what a picture is from its first bytes. The sender's word is not enough: the others' browsers will decode it,
// and a small file can claim to be gigapixels wide.
import type { Picture } from './contract.js';

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Type and size in pixels of a PNG or JPEG; undefined for anything else, a damaged file included. */
export function measure(bytes: Buffer): Omit<Picture, 'bytes'> | undefined {
  const found = bytes.subarray(0, 8).equals(pngSignature) ? measurePng(bytes) : measureJpeg(bytes);
  return found && found.width > 0 && found.height > 0 ? found : undefined;
}

/** The first chunk of a PNG is IHDR, and starts with width and height (PNG specification, 11.2.1). */
function measurePng(bytes: Buffer): Omit<Picture, 'bytes'> | undefined {
  if (bytes.length < 24 || bytes.toString('latin1', 12, 16) !== 'IHDR') return undefined;
  return { type: 'image/png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Walks the segments of a JPEG to its frame header, which has the size (ITU-T T.81, B.2.2). */
function measureJpeg(bytes: Buffer): Omit<Picture, 'bytes'> | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return undefined;
  let position = 2;
  while (position + 9 <= bytes.length && bytes[position] === 0xff) {
    const marker = bytes[position + 1]!;
    // C4, C8 and CC are tables that share the range of the frame headers C0 to CF.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      return { type: 'image/jpeg', height: bytes.readUInt16BE(position + 5), width: bytes.readUInt16BE(position + 7) };
    }
    position += 2 + bytes.readUInt16BE(position + 2);
  }
  return undefined;
}
