import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const SPECIFIER = /\b(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

/**
 * The files that these modules and declarations load, themselves included; of a module, its declaration as well.
 *
 * @param {string} root the folder that paths begin at.
 * @param {string[]} files paths of modules and declarations.
 * @returns {Promise<string[]>} sorted paths.
 */
export async function reachable(root, files) {
  const seen = new Set();
  const waiting = [...files];
  while (waiting.length > 0) {
    const file = waiting.pop();
    if (seen.has(file)) continue;
    seen.add(file);
    const isDeclaration = /\.d\.c?ts$/.test(file);
    const declaration = declarationOf(file);
    // Only CommonJS has declarations of its own all the way down; of ES modules, entries have them.
    if (!isDeclaration && file.startsWith('cjs/') && existsSync(join(root, declaration))) waiting.push(declaration);
    for (const [, specifier] of (await readFile(join(root, file), 'utf8')).matchAll(SPECIFIER)) {
      const target = relative(root, join(root, dirname(file), specifier)).replaceAll('\\', '/');
      waiting.push(isDeclaration ? declarationOf(target) : target);
    }
  }
  // What is only written about, in the example of a comment, does not exist.
  return [...seen].filter((file) => existsSync(join(root, file))).sort();
}

function declarationOf(file) {
  return file.replace(/\.(c?)js$/, '.d.$1ts');
}
