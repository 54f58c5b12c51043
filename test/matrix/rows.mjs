import { readdirSync } from 'node:fs';
import { Place } from './place.mjs';

const folder = new URL('rows/', import.meta.url);

/**
 * A row of the matrix: one way in which people use the package.
 *
 * @typedef {object} Row
 * @property {string} name as the table shows it; unique.
 * @property {string} area the table it stands in: `install`, `modules`, `types`, `alias`, `bundlers`, `runtimes`,
 * `frameworks`, `languages`.
 * @property {boolean} [share] whether `npm test` runs it, too. Such a row needs no network (`place.link`, not
 * `place.install`) and takes some seconds at most.
 * @property {(place: Place) => Promise<void | { versions?: Record<string, string>, note?: string }>} run
 * throws when something is wrong. `versions` is for what npm did not install, such as the version of a runtime.
 */

/** Every row of the files in `rows/`, whose default export is a list of them. */
export async function allRows() {
  const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  const lists = await Promise.all(files.map(async (name) => (await import(new URL(name, folder).href)).default));
  const rows = lists.flat();
  const twice = rows.find((row, index) => rows.findIndex(({ name }) => name === row.name) !== index);
  if (twice) throw new Error(`Two rows are named "${twice.name}"`);
  return rows;
}

/** Runs one row in a folder of its own; resolves to what the table says of it. @throws what the row throws. */
export async function runRow(row) {
  const place = new Place();
  try {
    const { versions = {}, note = '' } = (await row.run(place)) ?? {};
    return { versions: { ...place.versions, ...versions }, note };
  } finally {
    await place.remove();
  }
}
