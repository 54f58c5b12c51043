import type { Page } from 'playwright-core';

/** A PNG of 900 by 560 pixels: a bell tower at sunrise, drawn by the browser. */
export async function drawTower(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 900, height: 560 });
    const context = canvas.getContext('2d')!;
    const sky = context.createLinearGradient(0, 0, 0, 560);
    for (const [stop, colour] of [
      [0, '#27375f'],
      [0.55, '#d98a5b'],
      [1, '#f6d9a4'],
    ] as const)
      sky.addColorStop(stop, colour);
    const fill = (colour: string | CanvasGradient, path: () => void): void => {
      context.fillStyle = colour;
      context.beginPath();
      path();
      context.fill();
    };
    const hill = (y: number, height: number, phase: number): void => {
      context.moveTo(0, 560);
      for (let x = 0; x <= 900; x += 5) {
        context.lineTo(x, y + height * (Math.sin(x / 140 + phase) + Math.sin(x / 47 + phase) / 5));
      }
      context.lineTo(900, 560);
    };
    fill(sky, () => context.rect(0, 0, 900, 560));
    fill('#ffe9b8', () => context.arc(640, 330, 52, 0, 7));
    fill('#7c5a63', () => hill(400, 26, 1));
    fill('#4c3f55', () => hill(450, 22, 2.3));
    fill('#2a2940', () => hill(500, 16, 4));
    fill('#1c1b2c', () => {
      context.rect(196, 250, 64, 270);
      context.moveTo(184, 252);
      context.lineTo(228, 150);
      context.lineTo(272, 252);
    });
    fill('#f4c77c', () => {
      context.arc(228, 300, 15, Math.PI, 0);
      context.rect(213, 300, 30, 32);
    });
    return canvas.toDataURL('image/png').split(',')[1]!;
  });
  return Buffer.from(base64, 'base64');
}
