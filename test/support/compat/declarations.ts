import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The text of a declaration file of an installed package, without its comments (but for the mark `@private`). */
function declarations(packageName: string, file: string): string {
  // Not every package lets its package.json be resolved, but its entry point always can be.
  const folder = `/node_modules/${packageName}/`;
  const [root] = require.resolve(packageName).split(folder);
  return readFileSync(`${root}${folder}${file}`, 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, (comment) =>
    /@(private|package|protected)\b/.test(comment) ? '/** @private */' : '',
  );
}

/**
 * The names of the public members of a class or an interface, read from a declaration file: what has no leading
 * underscore and is not marked as internal.
 */
export function publicMembers(packageName: string, file: string, declaration: string): string[] {
  const text = declarations(packageName, file);
  const start = text.search(new RegExp(`(?:class|interface) ${declaration}\\b`));
  if (start < 0) throw new Error(`${packageName}/${file} declares no ${declaration}`);
  // A declaration at the top level ends with a brace in the first column.
  const body = text.slice(start, text.indexOf('\n}', start));
  const member = /^ {4}(?:(?:readonly|abstract|static|get|set) )*([A-Za-z]\w*)\??[<(:]/;
  const names = new Set<string>();
  let internal = false;
  for (const line of body.split('\n')) {
    if (line.trim() === '') continue;
    if (line.trim() === '/** @private */') {
      internal = true;
      continue;
    }
    const name = member.exec(line)?.[1];
    if (name && !internal) names.add(name);
    internal = false;
  }
  return [...names];
}
