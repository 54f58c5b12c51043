// Makes a picture small enough to send. Drawing it anew also leaves behind what a phone writes into its photographs,
// the place where they were taken for one.
import { limits, type Picture } from '../contract.js';

/** The picture as JPEG, or as PNG where that fits; throws what to tell the user if it cannot be read. */
export async function shrink(file: Blob): Promise<Picture> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error('This picture cannot be read.');
  });
  try {
    let side = Math.min(limits.pictureSide, Math.max(bitmap.width, bitmap.height));
    if (file.type === 'image/png') {
      const png = await draw(bitmap, side, 'image/png');
      if (png.bytes.byteLength <= limits.picture) return png;
    }
    for (; side >= 200; side = Math.round(side * 0.8)) {
      for (const quality of [0.85, 0.7]) {
        const jpeg = await draw(bitmap, side, 'image/jpeg', quality);
        if (jpeg.bytes.byteLength <= limits.picture) return jpeg;
      }
    }
    throw new Error('This picture is too large.');
  } finally {
    bitmap.close();
  }
}

async function draw(bitmap: ImageBitmap, side: number, type: Picture['type'], quality?: number): Promise<Picture> {
  const scale = side / Math.max(bitmap.width, bitmap.height);
  const canvas = document.createElement('canvas');
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d')!;
  if (type === 'image/jpeg') {
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
  }
  context.drawImage(bitmap, 0, 0, width, height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  if (!blob) throw new Error('This picture cannot be read.');
  return { bytes: new Uint8Array(await blob.arrayBuffer()), type, width, height };
}
