import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';

/** A decoder under fire. `check` throws when an input makes it do something undocumented. */
export interface FuzzTarget<Input> {
  /** Names the corpus file: `corpus/<name>.json`. */
  name: string;
  inputs: fc.Arbitrary<Input>;
  check(input: Input): void | Promise<void>;
}

/** Seconds of random inputs per target: short in the normal test run, set by `npm run fuzz` for longer ones. */
const seconds = Number(process.env.FUZZ_SECONDS ?? 2);
/** Counterexamples join the corpus, and seeds are new, only when somebody is hunting: a normal test run is like the one before. */
const isHunting = process.env.FUZZ_HUNT === '1';

/** Two tests per target: what once broke a decoder, then new inputs until the time is up. */
export function fuzz<Input>({ name, inputs, check }: FuzzTarget<Input>): void {
  const file = fileURLToPath(new URL(`../corpus/${name}.json`, import.meta.url));
  const corpus: Input[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8'), revive) : [];

  describe(name, () => {
    test('the corpus', async () => {
      expect(corpus.length).toBeGreaterThan(0);
      for (const input of corpus) {
        try {
          await check(input);
        } catch (error) {
          throw new Error(`broken by ${JSON.stringify(input, replace)}`, { cause: error });
        }
      }
    });

    test(
      'random inputs',
      async () => {
        const seed = Number(process.env.FUZZ_SEED ?? (isHunting ? Date.now() % 2 ** 31 : 1));
        const start = performance.now();
        const details = await fc.check(
          fc.asyncProperty(inputs, async (input) => check(input)),
          {
            seed,
            numRuns: Number.MAX_SAFE_INTEGER,
            interruptAfterTimeLimit: seconds * 1000,
            ...(process.env.FUZZ_PATH ? { path: process.env.FUZZ_PATH } : {}),
          },
        );
        const elapsed = ((performance.now() - start) / 1000).toFixed(1);
        process.stdout.write(`fuzz ${name}: seed ${seed}, ${details.numRuns} inputs in ${elapsed} s\n`);
        if (!details.failed || details.counterexample === null) {
          expect(details.numRuns).toBeGreaterThan(0);
          return;
        }
        const [input] = details.counterexample;
        const known = corpus.some((each) => JSON.stringify(each, replace) === JSON.stringify(input, replace));
        if (isHunting && !known) {
          writeFileSync(file, formatCorpus([...corpus, input]));
        }
        const cause = details.errorInstance;
        throw new Error(
          `broken by ${JSON.stringify(input, replace)}\nagain with FUZZ_SEED=${seed} FUZZ_PATH=${details.counterexamplePath}: ${(cause as Error)?.message ?? cause}`,
          { cause },
        );
      },
      seconds * 1000 + 30_000,
    );
  });
}

/** One input a line, so that a diff shows what was added. */
function formatCorpus(inputs: readonly unknown[]): string {
  return `[\n${inputs.map((input) => JSON.stringify(input, replace)).join(',\n')}\n]\n`;
}

/** Bytes travel through the corpus as `{"$bytes": base64}`. */
function replace(this: any, key: string, value: unknown): unknown {
  const own: unknown = this[key];
  return own instanceof Uint8Array ? { $bytes: Buffer.from(own).toString('base64') } : value;
}

function revive(_key: string, value: any): unknown {
  return typeof value?.$bytes === 'string' ? Buffer.from(value.$bytes, 'base64') : value;
}
