// Whatever compiles with Socket.IO compiles with ours: snippets of what people write, against both, with the oldest
// compiler we promise, the last of the old kind, and the current one.
import { fileURLToPath } from 'node:url';
import {
  type Diagnostics,
  type Library,
  programFor,
  readSnippetFolder,
  TypeProject,
} from '../support/type-snippets.js';

const snippets = await readSnippetFolder(fileURLToPath(new URL('snippets', import.meta.url)));
const files = [...snippets].flatMap(([theme, list]) => list.map((snippet, index) => ({ theme, snippet, index })));

const LIBRARIES: readonly Library[] = ['carillon', 'socket.io'];
const base = { target: 'es2022', lib: ['es2022', 'dom'], module: 'nodenext', types: ['node'], skipLibCheck: true };
const STRICT = {
  ...base,
  // Declarations are written, not only checked: older compilers say what they cannot name at no other time.
  declaration: true,
  emitDeclarationOnly: true,
  outDir: 'out',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
};
/** As JavaScript people start out: no null checks, parameters compared both ways. */
const LOOSE = { ...base, noEmit: true, strict: false, noImplicitAny: false };

const fileOf = (library: Library, theme: string, index: number) => `${theme}-${index}.${library}.ts`;

let project: TypeProject;
beforeAll(async () => {
  project = await TypeProject.make();
  for (const { theme, snippet, index } of files)
    for (const library of LIBRARIES) await project.add(fileOf(library, theme, index), programFor(library, snippet));
}, 600_000);
afterAll(() => project.remove());

describe.each([
  ['TypeScript 5.4, strict', 'typescript-5.4', STRICT],
  ['TypeScript 5.9, strict', 'typescript-5.9', STRICT],
  ['TypeScript 7, strict', 'typescript', STRICT],
  ['TypeScript 7, loose', 'typescript', LOOSE],
])('%s', (_name, compiler, options) => {
  let diagnostics: Diagnostics;
  beforeAll(async () => {
    diagnostics = await project.compile(compiler, options);
  }, 600_000);

  const said = (library: Library, theme: string, index: number): string[] => {
    const all = diagnostics.get(fileOf(library, theme, index)) ?? [];
    // Without null checks fewer things are wrong: a line that must be refused may be fine there.
    return options === LOOSE ? all.filter((each) => !each.includes('TS2578')) : all;
  };

  test.each(files.map((each) => [`${each.theme}: ${each.snippet.title}`, each] as const))(
    '%s',
    (_title, { theme, snippet, index }) => {
      const ours = said('carillon', theme, index);
      const official = said('socket.io', theme, index);
      const { refusedWith, listed, onlyOurs } = snippet;
      if (refusedWith !== undefined) expect(ours.join('\n')).toContain(refusedWith);
      else if (listed !== undefined) for (const name of listed) expect(ours.join('\n')).toContain(`"${name}"`);
      // What loose checks make of a program is up to the official types: ours accept it wherever those do.
      else if (options === STRICT || official.length === 0) expect(ours).toEqual([]);
      if (options === LOOSE) return;
      if (onlyOurs || listed !== undefined) expect(official).not.toEqual([]);
      else expect(official).toEqual([]);
    },
  );
});
