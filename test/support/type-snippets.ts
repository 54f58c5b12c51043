import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The package under test, and the one whose types it is compared with. */
export type Library = 'carillon' | 'socket.io';

/**
 * A few lines as users write them, from a file of `test/types/snippets`: the part above the first title stands in front of
 * each. Imports of `socket.io` and `socket.io-client` become ours for the run against carillon.
 */
export interface Snippet {
  title: string;
  source: string;
  /** Set where only carillon accepts it: better than official. */
  onlyOurs: boolean;
  /** Set where only carillon refuses it: what its message contains. */
  refusedWith: string | undefined;
  /** Set where both refuse it, and carillon's message lists the names there are: these, in an order of the compiler's. */
  listed: string[] | undefined;
}

/** Reads the snippets of one file: `//: title`, then maybe a line `//! only carillon`, `//! carillon refuses: text` and so on. */
export async function readSnippets(file: string): Promise<Snippet[]> {
  const [prelude = '', ...parts] = (await readFile(file, 'utf8')).split(/^\/\/: /m);
  return parts.map((part) => {
    const [title = ''] = part.split('\n', 1);
    return {
      title: title.trim(),
      source: `${prelude}// ${part}\nexport {};\n`,
      onlyOurs: /^\/\/! only carillon$/m.test(part),
      listed: /^\/\/! carillon lists: (.+)$/m.exec(part)?.[1]?.split(' '),
      refusedWith: /^\/\/! carillon refuses: (.+)$/m.exec(part)?.[1],
    };
  });
}

/** What a compiler says of a file: nothing when it accepts it. */
export type Diagnostics = ReadonlyMap<string, string[]>;

/** A directory with programs, in which the packages are found as after an installation. */
export class TypeProject {
  readonly folder: string;
  readonly #files = new Map<string, string>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a project; ours is there as its published declarations, from `dist`. */
  static async make(): Promise<TypeProject> {
    const outer = await mkdtemp(join(tmpdir(), 'carillon-types-'));
    const folder = join(outer, 'project');
    const ours = join(folder, 'node_modules/carillon');
    await mkdir(ours, { recursive: true });
    await symlink(join(root, 'node_modules'), join(outer, 'node_modules'), 'junction');
    await cp(join(root, 'package.json'), join(ours, 'package.json'));
    await cp(join(root, 'dist'), join(ours, 'dist'), {
      recursive: true,
      filter: (source) => !/\.[a-z]+$/.test(source) || /\.d\.[cm]?ts$/.test(source),
    });
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    return new TypeProject(folder);
  }

  /** Adds a file; the name tells one from the other in what {@link compile} returns. */
  async add(name: string, source: string): Promise<void> {
    this.#files.set(name, source);
    await writeFile(join(this.folder, name), source);
  }

  /** Compiles all files with one compiler; returns its complaints by file. */
  async compile(compiler: string, options: Record<string, unknown>): Promise<Diagnostics> {
    const config = `tsconfig.${compiler}.json`;
    await writeFile(
      join(this.folder, config),
      JSON.stringify({ compilerOptions: options, files: [...this.#files.keys()] }),
    );
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules', compiler, 'bin/tsc'), '-p', config, '--pretty', 'false'],
      { cwd: this.folder, maxBuffer: 2 ** 26 },
    ).catch((error: { stdout: string }) => error);
    return this.#sort(stdout);
  }

  #sort(output: string): Diagnostics {
    const byFile = new Map<string, string[]>();
    let current: string[] = [];
    for (const line of output.split('\n').filter((each) => each.trim() !== '')) {
      const [, name, place, message] = /^(\S.*?)\((\d+),\d+\): error (TS\d+: .*)$/.exec(line) ?? [];
      if (name === undefined) {
        if (/^error /.test(line)) throw new Error(`the compiler could not run: ${line}`);
        if (current.length > 0) current[current.length - 1] += `\n${line}`;
        continue;
      }
      current = byFile.get(name) ?? [];
      byFile.set(name, current);
      const source = this.#files.get(name)?.split('\n')[Number(place) - 1] ?? '';
      current.push(`${source.trim()}\n    ${message}`);
    }
    return byFile;
  }

  async remove(): Promise<void> {
    await rm(join(this.folder, '..'), { recursive: true, force: true });
  }
}

/** The snippets of a folder, by the name of their file. */
export async function readSnippetFolder(folder: string): Promise<Map<string, Snippet[]>> {
  const names = (await readdir(folder)).sort();
  const lists = await Promise.all(names.map((name) => readSnippets(join(folder, name))));
  return new Map(names.map((name, index) => [name.replace(/\.ts$/, ''), lists[index]!]));
}

/** A snippet as a program for one of the two. */
export function programFor(library: Library, { source }: Snippet): string {
  if (library === 'socket.io') return source;
  return source
    .replaceAll(/(['"])socket\.io-client\1/g, "'carillon/client'")
    .replaceAll(/(['"])socket\.io\1/g, "'carillon'");
}
