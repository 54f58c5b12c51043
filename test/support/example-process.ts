import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ExampleProcess {
  /** The address it printed. */
  url: string;
  /** Everything it has printed to its error output. */
  errors(): string;
  /** Asks it to end, as Ctrl+C does, and resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** An example as its npm command runs it: compiled, in a process of its own, on a free port. */
export async function startExample(name: string): Promise<ExampleProcess> {
  const program = fileURLToPath(new URL(`../../dist/examples/${name}/server.js`, import.meta.url));
  if (!existsSync(program)) throw new Error(`${name} is not compiled: run \`npm run build\` first.`);
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, NODE_OPTIONS: '', PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const [first] = await Promise.race([line, exited.then(() => [''] as [string])]);
  const url = /http:\/\/\S+/.exec(first)?.[0];
  if (url === undefined) throw new Error(`${name} did not print its address but ${JSON.stringify(first)}. ${errors}`);
  return {
    url,
    errors: () => errors,
    stop: async () => {
      child.kill('SIGTERM');
      return (await exited)[0];
    },
  };
}
