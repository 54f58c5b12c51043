// ES modules that hand on what the CommonJS of the same name exports, and their declarations.
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { ENTRIES } from './entries.mjs';

const require = createRequire(import.meta.url);

/** Writes them into `dist`. What `require()` of a wrapper gives is the CommonJS module itself. */
export async function writeWrappers(dist) {
  for (const { file, isWrapped, defaultOf } of ENTRIES) {
    const here = posix.dirname(file);
    const inCjs = (path) => posix.relative(here, posix.join('cjs', `${path}.cjs`));
    if (isWrapped)
      await write(join(dist, `${file}.js`), wrapper(inCjs(file), join(dist, 'cjs', `${file}.cjs`), defaultOf));
    // One declaration for both: a server of one is a server of the other for the compiler, too. Integrations have two,
    // because applications add to them by their name.
    if (!file.startsWith('core/')) continue;
    const asDefault = defaultOf ? `export { ${defaultOf[1]} as default } from '${inCjs(defaultOf[0])}';\n` : '';
    await write(join(dist, `${file}.d.ts`), `export * from '${inCjs(file)}';\n${asDefault}`);
  }
}

function wrapper(target, file, hasDefault) {
  const names = Object.keys(require(file)).filter((name) => name !== 'default');
  const star = hasDefault
    ? "export { all as default, all as 'module.exports' };"
    : "export { all as 'module.exports' };";
  return `import all from '${target}';\n\nexport {\n${names.map((name) => `  ${name},\n`).join('')}} from '${target}';\n${star}\n`;
}

async function write(file, text) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
