// The languages: what they need, how their programs are built, and the rows that are run.
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from './describe.mjs';

const source = (...names) => fileURLToPath(new URL(join(...names), import.meta.url));
const modes = ['polling', 'websocket', 'upgrade'];

/** Version 1 speaks Socket.IO 2. */
const javaClients = [
  { major: '2', version: '2.1.2', server: {} },
  { major: '1', version: '1.0.2', server: { allowEIO3: true } },
];

/** python-socketio fails on an answer of more than 16 packets, which the official server sends. */
const burst = () => {
  const numbered = Array.from({ length: 200 }, (_, at) => [at % 10 === 9 ? new Uint8Array(at).fill(at) : at]);
  const numbers = Array.from({ length: 60 }, (_, at) => (at % 10 === 9 ? Uint8Array.of(at) : at));
  return `bursts: numbered ${describe([numbered])}\nbursts: numbers ${describe([numbers])}`;
};

/**
 * @typedef {object} Language
 * @property {string} name also of the folder with its programs
 * @property {boolean} share part of `npm test`
 * @property {string[][]} tools commands that must answer
 * @property {string} install what brings them
 * @property {(folder: string) => string[][]} build commands that make its programs, run in the language's folder; what they
 * make goes to `folder`
 * @property {(folder: string) => object[]} clients programs that drive a client: `args(url)`; options for the server as
 * `server`; `leavesInSilence` where the client may end without telling the server; in `onlyOurs` scenarios that fail against the official server, with the lines that ours has to bring
 * @property {(folder: string) => object[]} servers programs that print `listening PORT`, for our client: see our-client.mjs
 */

/** @type {Language[]} */
export const languages = [
  {
    name: 'python',
    share: true,
    tools: [['python3', '-c', 'import venv, ensurepip']],
    install: 'Debian: apt-get install python3-venv',
    build: (folder) => [
      ['python3', '-m', 'venv', folder],
      [join(folder, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'],
    ],
    clients: (folder) =>
      ['sync', 'asyncio'].flatMap((kind) =>
        modes.map((mode) => ({
          title: `python-socketio, ${kind}, ${mode}`,
          command: join(folder, 'bin', 'python'),
          args: (url) => [source('python', 'client.py'), url, kind, mode],
          // Its writing thread may end before it has sent that the client leaves.
          leavesInSilence: kind === 'sync' && mode !== 'websocket',
          onlyOurs: mode === 'polling' ? { bursts: burst() } : {},
        })),
      ),
    servers: (folder) => [
      {
        title: 'our client and the server of python-socketio',
        command: join(folder, 'bin', 'python'),
        args: [source('python', 'server.py')],
        refuses: true,
      },
    ],
  },
  {
    name: 'java',
    share: true,
    tools: [
      ['mvn', '--version'],
      ['javac', '-version'],
    ],
    install: 'Debian: apt-get install default-jdk-headless maven',
    build: (folder) =>
      javaClients.flatMap(({ major, version }) => [
        [
          ...['mvn', '--batch-mode', '--quiet', 'dependency:copy-dependencies', `-Dclient=${version}`],
          `-DoutputDirectory=${join(folder, version)}`,
        ],
        [
          ...['javac', '-nowarn', '-encoding', 'UTF-8', '-cp', join(folder, version, '*')],
          ...['-d', join(folder, `classes-${major}`), 'Client.java'],
        ],
      ]),
    clients: (folder) =>
      javaClients.flatMap(({ major, version, server }) =>
        modes.map((mode) => ({
          title: `io.socket:socket.io-client ${version}, ${mode}`,
          command: 'java',
          args: (url) => [
            ...['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-Dfile.encoding=UTF-8'],
            ...[
              '-cp',
              [join(folder, version, '*'), join(folder, `classes-${major}`)].join(delimiter),
              'Client',
              url,
              mode,
              major,
            ],
          ],
          server,
        })),
      ),
    servers: () => [],
  },
];
