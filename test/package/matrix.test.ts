// The share of the matrix (test/matrix) that needs no network.
import { allRows, runRow } from '../matrix/rows.mjs';

const share = (await allRows()).filter((row) => row.share);

it.each(share)(
  '$area: $name',
  async (row) => {
    await expect(runRow(row)).resolves.toBeDefined();
  },
  180_000,
);
