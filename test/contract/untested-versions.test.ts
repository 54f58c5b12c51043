// Each integration tells, where it is first used, of a version of its framework that nobody tried. The ranges themselves
// are in test/unit/tested-versions.test.ts.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import Fastify from 'fastify';
import carillon from '../../integrations/fastify/index.js';
import { CarillonAdapter } from '../../integrations/nestjs/index.js';
import { attach, createServer } from '../../integrations/next/index.js';

const WARNED = Symbol.for('carillon.warned-untested');
const warned = globalThis as { [WARNED]?: Set<string> };
let folder: string;
let warnings: string[];

beforeEach(() => {
  delete warned[WARNED];
  folder = mkdtempSync(join(tmpdir(), 'carillon-untested-'));
  warnings = [];
  jest.spyOn(process, 'emitWarning').mockImplementation((text, options) => {
    if ((options as { code?: string }).code === 'CARILLON_UNTESTED') warnings.push(String(text));
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** A package in the folder, with a main file that does nothing. */
function installed(name: string, version: string, main = 'index.js'): void {
  const target = join(folder, 'node_modules', name);
  mkdirSync(dirname(join(target, main)), { recursive: true });
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version, main }));
  writeFileSync(join(target, main), 'module.exports = () => ({ close() {} });');
}

const warning = (name: string) => expect.stringMatching(new RegExp(`^carillon was not tried with ${name} only with `));

it.each([
  ['13.5.6', [warning('next 13.5.6,')]],
  ['16.0.0', []],
])('attach() of carillon/next, in a project with Next %s', async (version, expected) => {
  installed('next', version);
  jest.spyOn(process, 'cwd').mockReturnValue(folder);
  const io = await attach();
  await io.close();
  expect(warnings).toEqual(expected);
});

it('attach() in a folder in which Next is not found', async () => {
  jest.spyOn(process, 'cwd').mockReturnValue(folder);
  const io = await attach();
  await io.close();
  expect(warnings).toEqual([]);
});

it.each([
  ['17.1.0', [warning('next 17.1.0,')]],
  ['14.2.0', []],
])('createServer() of carillon/next, for a project with Next %s', async (version, expected) => {
  installed('next', version);
  const server = await createServer({ dir: folder });
  await server.close();
  expect(warnings).toEqual(expected);
});

it.each([
  ['6.1.0', [warning('fastify 6.1.0,')]],
  ['5.99.0', []],
])('the plugin of carillon/fastify, in an app of Fastify %s', async (version, expected) => {
  const app = Fastify();
  Object.defineProperty(app, 'version', { value: version });
  await app.register(carillon);
  await app.close();
  expect(warnings).toEqual(expected);
});

class AppModule {}
Module({})(AppModule);

it.each([
  ['9.4.3', [warning('@nestjs/core 9.4.3,')]],
  ['12.99.0', []],
])('the adapter of carillon/nestjs, in a project with NestJS %s', async (version, expected) => {
  installed('@nestjs/core', version);
  const app = await NestFactory.create(AppModule, { logger: false });
  jest.spyOn(process, 'cwd').mockReturnValue(folder);
  app.useWebSocketAdapter(new CarillonAdapter(app));
  jest.mocked(process.cwd).mockRestore();
  await app.close();
  expect(warnings).toEqual(expected);
});

it.each([
  ['17.0.2', [warning('react 17.0.2,')]],
  ['19.9.0', []],
])('the hooks of carillon/react, with React %s', async (version, expected) => {
  const react = await import('react');
  jest.resetModules();
  jest.unstable_mockModule('react', () => ({ ...react, version }));
  const { createSocketHooks } = await import('../../integrations/react/index.js');
  createSocketHooks();
  expect(warnings).toEqual(expected);
});
