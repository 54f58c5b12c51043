import type { Page } from 'playwright-core';

const DESKTOP = { width: 1000, height: 700 };
const PHONE = { width: 390, height: 780 };

/**
 * Keeps a picture of the page as a desktop and as a phone show it: `<path>.png` and `<path>-phone.png`.
 *
 * @throws Error when there is a control that cannot be reached on one of them: outside of the picture, or covered.
 */
export async function keepScreenshots(page: Page, path: string): Promise<void> {
  for (const [suffix, size] of [
    ['-phone', PHONE],
    ['', DESKTOP],
  ] as const) {
    await page.setViewportSize(size);
    const hidden = await page.evaluate(outOfReach);
    if (hidden.length > 0) throw new Error(`out of reach at ${size.width} pixels: ${hidden.join(', ')}`);
    await page.screenshot({ path: `${path}${suffix}.png`, animations: 'disabled' });
  }
}

/** In the page. */
function outOfReach(): string[] {
  const controls = [...document.querySelectorAll<HTMLElement>('button, input')].filter((each) => each.offsetParent);
  const missed = controls.filter((control) => {
    const { left, top, width, height } = control.getBoundingClientRect();
    const points = [0.1, 0.9].map((part) => document.elementFromPoint(left + width * part, top + height / 2));
    return points.some((point) => point === null || !control.contains(point));
  });
  return missed.map((control) => control.textContent || control.id || control.outerHTML);
}
