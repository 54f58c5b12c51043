import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AdapterCluster, ClusterNode, Library } from '../../../contract/adapter/node.js';

interface Message {
  /** Which worker it is from. */
  index: number;
  port?: number;
  sticky?: number;
  call?: number;
  result?: any;
  error?: string;
  exit?: unknown;
}

/** Servers in worker processes of Node.js, with `@socket.io/cluster-adapter` between them. */
export async function overWorkers(libraries: Library[]): Promise<AdapterCluster & { stickyPort: number }> {
  const primary = fork(fileURLToPath(new URL('primary.mjs', import.meta.url)), libraries, {
    serialization: 'advanced',
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const calls = new Map<number, { resolve: (result: any) => void; reject: (error: Error) => void }>();
  const ports: number[] = [];
  let lastCall = 0;
  let stickyPort = 0;
  let isStopping = false;

  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      if (isStopping) return;
      reject(error);
      for (const call of calls.values()) call.reject(error);
    };
    primary.on('message', ({ index, port, sticky, call, result, error, exit }: Message) => {
      if (port !== undefined) ports[index] = port;
      if (sticky !== undefined) stickyPort = sticky;
      if (exit !== undefined) fail(new Error(`worker ${index} ended: ${exit}`));
      if (stickyPort > 0 && libraries.every((_, i) => ports[i] !== undefined)) resolve();
      const waiting = call === undefined ? undefined : calls.get(call);
      if (waiting === undefined) return;
      calls.delete(call!);
      if (error === undefined) waiting.resolve(result);
      else waiting.reject(new Error(error));
    });
    primary.once('exit', (code) => fail(new Error(`the primary process ended: ${code}`)));
  });

  const ask = (index: number, action: string, args: unknown[]): Promise<any> =>
    new Promise((resolve, reject) => {
      const call = ++lastCall;
      calls.set(call, { resolve, reject });
      primary.send({ index, call, action, args });
    });

  const nodes = libraries.map(
    (library, index): ClusterNode => ({
      library,
      port: ports[index]!,
      run: (action, ...args) => ask(index, action.toString(), args),
      close: () => ask(index, 'close', []),
    }),
  );
  return {
    nodes,
    stickyPort,
    stop: () => {
      isStopping = true;
      const ended = new Promise<void>((resolve) => primary.once('exit', () => resolve()));
      primary.disconnect();
      return ended;
    },
  };
}
