import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What `npm init -y` of npm 11 writes, as far as programs can tell. */
export const NEW_MANIFEST = '{ "name": "new", "version": "1.0.0", "main": "index.js", "type": "commonjs" }';

/** A fenced block of a document. */
export interface CodeBlock {
  language: string;
  /** The heading above it; `''` before the first. */
  heading: string;
  code: string;
  /** The name in the comment of its first line, as in `// src/main.ts`: such a block is a whole file. */
  file: string | undefined;
}

/** A document's code, as somebody copies it who follows the document. */
export class Readme {
  readonly blocks: readonly CodeBlock[];
  readonly #path: string;
  readonly #text: string;

  /** @param path from the root of the repository. */
  constructor(path: string) {
    this.#path = path;
    this.#text = readFileSync(root + path, 'utf8');
    let heading = '';
    const blocks: CodeBlock[] = [];
    for (const [, title, language, code] of this.#text.matchAll(/^#+ (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm)) {
      if (title !== undefined) heading = title;
      else blocks.push({ language: language!, heading, code: code!, file: fileNameOf(code!) });
    }
    this.blocks = blocks;
  }

  /** Every package that the document tells to install. */
  get packages(): string[] {
    const commands = this.blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);
    const installs = commands.join('\n').matchAll(/npm install ([^\n#]*)/g);
    return [...installs].flatMap(([, names]) => names!.split(' ').filter((name) => name !== '' && name[0] !== '-'));
  }

  /** Every command that the document tells to change `package.json` with. */
  get manifestCommands(): string[] {
    const commands = this.blocks.filter(({ language }) => language === 'sh').map(({ code }) => code);
    return commands.join('\n').match(/^npm pkg .*$/gm) ?? [];
  }

  /** The blocks that are whole files. */
  get files(): { file: string; code: string }[] {
    return this.blocks.flatMap(({ file, code }) => (file === undefined ? [] : [{ file, code }]));
  }

  /** The block of a heading that is not a file of its own. @throws Error when there is none. */
  fragment(heading: string, language: string): string {
    const found = this.blocks.find(
      (each) => each.heading === heading && each.language === language && each.file === undefined,
    );
    if (found === undefined) throw new Error(`${this.#path} has no ${language} below "${heading}"`);
    return found.code;
  }

  /** A command that the document tells to run. @throws Error when it does not. */
  command(text: string): string {
    if (!this.#text.includes(text)) throw new Error(`${this.#path} does not tell to run: ${text}`);
    return text;
  }
}

function fileNameOf(code: string): string | undefined {
  return /^(?:\/\/|<!--) ([\w./[\]-]+\.\w+)(?: -->)?\n/.exec(code)?.[1];
}
