// The public surface: what the declarations of each entry say, as text that a review can read. `npm run surface` writes
// it to test/types/surface; a test compares.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
// The last compiler with an API in JavaScript.
import ts from 'typescript-5.9';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where the texts are kept. */
export const folder = join(root, 'test/types/surface');

/** The declarations of each entry of the package, by the name of the text that shows them. */
export function entries() {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const found = new Map();
  for (const [path, target] of Object.entries(exports)) {
    const files = [...declarationsOf(target)];
    if (files.length === 0) continue;
    const name = path === '.' ? 'index' : path.slice(2).replaceAll('/', '-');
    found.set(`${name}.txt`, join(root, files[0]));
  }
  return found;
}

/** Those for ES modules: what CommonJS sees is made of them. */
function* declarationsOf(target) {
  if (typeof target === 'string') {
    if (target.endsWith('.d.ts')) yield target;
  } else {
    // What a browser has is in what Node has.
    for (const [condition, each] of Object.entries(target ?? {}))
      if (condition !== 'browser') yield* declarationsOf(each);
  }
}

/** The texts of all entries, by name, from the declarations in `dist`. */
export function surface() {
  const files = entries();
  const program = ts.createProgram([...files.values()], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  });
  const checker = program.getTypeChecker();
  const printer = ts.createPrinter({ removeComments: true });
  return new Map(
    [...files].map(([name, file]) => {
      const source = program.getSourceFile(file);
      const symbol = source && checker.getSymbolAtLocation(source);
      if (symbol === undefined) throw new Error(`no declarations in ${file}: run npm run build`);
      const exported = checker.getExportsOfModule(symbol).sort((a, b) => (a.name < b.name ? -1 : 1));
      const shown = new Set(exported.map((each) => resolve(each, checker)));
      const parts = exported.map((each) => describe(each, checker, printer, shown));
      return [name, `${parts.join('\n\n')}\n`];
    }),
  );
}

function resolve(symbol, checker) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Our own interfaces that an interface extends and that are not shown by themselves. */
function hiddenParents(symbol, checker, shown) {
  return (symbol.declarations ?? [])
    .filter(ts.isInterfaceDeclaration)
    .flatMap((declaration) => declaration.heritageClauses ?? [])
    .flatMap((clause) => clause.types)
    .map((type) => checker.getTypeAtLocation(type).symbol)
    .filter((parent) => parent?.declarations?.some(ts.isInterfaceDeclaration) && !shown.has(parent))
    .filter((parent) => !parent.declarations[0].getSourceFile().fileName.includes('/node_modules/'));
}

/** An exported name, and what it stands for, with what it inherits from declarations without a place of their own. */
function describe(exported, checker, printer, shown) {
  const symbol = resolve(exported, checker);
  const inherited = hiddenParents(symbol, checker, shown);
  const texts = [symbol, ...inherited]
    .flatMap((each) => each.declarations ?? [])
    .map((declaration) => {
      const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
      if (ts.isSourceFile(node)) return 'a module';
      return printer
        .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
        .split('\n')
        .filter((line) => !/^ {4}#private;$/.test(line))
        .join('\n')
        .replace(/^export (default )?/, '')
        .replace(/^declare /, '');
    });
  const name =
    exported.name === symbol.name || symbol.name === 'default' ? exported.name : `${exported.name} (${symbol.name})`;
  return `== ${name}\n${texts.join('\n')}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of surface()) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    console.log(`${name}: ${text.split('\n').length} lines`);
  }
}
