import { fileURLToPath } from 'node:url';
import { type NextProcess, NextProject } from '../../support/next-project.js';
import { integrationContract, type Running } from './contract.js';

const source = fileURLToPath(new URL('../../support/next-project', import.meta.url));
let project: NextProject;

beforeAll(async () => {
  project = await NextProject.copyOf(source);
  await project.build();
}, 180_000);

afterAll(() => project.remove());

function running(process: NextProcess): Running {
  return {
    url: process.url,
    output: process.output,
    stop: async () => {
      await process.end();
    },
  };
}

integrationContract('Next.js with a custom server', async () =>
  running(await project.run('server.mjs', ['{"dev":false}'])),
);
integrationContract('Next.js without a custom server', async () => running(await project.next('start')));
integrationContract('Next.js, standalone', async () => running(await project.standalone()));
