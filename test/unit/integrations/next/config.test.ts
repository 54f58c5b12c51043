import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { NextConfig } from 'next';
import { withCarillon } from '../../../../integrations/next/config.js';

const build = (nextRuntime?: string) => ({ nextRuntime }) as Parameters<NonNullable<NextConfig['webpack']>>[1];

it('keeps what is there, and does not write to it', () => {
  const given: NextConfig = Object.freeze({ output: 'standalone', serverExternalPackages: ['pg'] });
  const config = withCarillon(given);
  expect(config.output).toBe('standalone');
  expect(config.serverExternalPackages).toEqual(['pg', 'carillon/next']);
});

it('adds nothing twice', () => {
  expect(withCarillon(withCarillon()).serverExternalPackages).toEqual(['carillon/next']);
});

it('wraps a function, also one that promises', async () => {
  const config = withCarillon(async (phase) => ({ env: { phase } }));
  expect(await config('phase-test', { defaultConfig: {} })).toMatchObject({
    env: { phase: 'phase-test' },
    serverExternalPackages: ['carillon/next'],
  });
});

it('lets webpack load it with Node.js, after the configuration of the project', () => {
  const { webpack } = withCarillon({ webpack: (config) => ({ ...config, mine: true, externals: 'other' }) });
  expect(webpack!({}, build('nodejs'))).toEqual({
    mine: true,
    externals: [{ 'carillon/next': 'commonjs carillon/next' }, 'other'],
  });
});

it('leaves bundles for browsers and the edge alone', () => {
  const { webpack } = withCarillon();
  expect(webpack!({}, build())).toEqual({});
  expect(webpack!({}, build('edge'))).toEqual({});
});

it('keeps the warning of Next for a project that configures webpack itself', () => {
  expect(withCarillon()).toHaveProperty('turbopack', {});
  expect(withCarillon({ webpack: (config) => config })).not.toHaveProperty('turbopack');
});

it.each([null, 'standalone', 3])('refuses %p', (wrong) => {
  expect(() => withCarillon(wrong as never)).toThrow('withCarillon() takes the configuration of Next');
});

describe('in a project of its own', () => {
  let folder: string;
  let warnings: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'carillon-config-'));
    warnings = [];
    jest.spyOn(process, 'cwd').mockReturnValue(folder);
    jest.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
  });

  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });

  const project = (manifest: object, next: string) => {
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    mkdirSync(join(folder, 'node_modules/next'), { recursive: true });
    writeFileSync(join(folder, 'node_modules/next/package.json'), JSON.stringify({ version: next }));
  };

  it('Next 14 gets its own names of the options, and runs instrumentation.js', () => {
    project({}, '14.2.0');
    const given = { experimental: { optimizeCss: true, serverComponentsExternalPackages: ['pg'] } } as NextConfig;
    const { webpack, ...config } = withCarillon(given);
    expect(webpack).toBeInstanceOf(Function);
    expect(config).toEqual({
      experimental: {
        instrumentationHook: true,
        optimizeCss: true,
        serverComponentsExternalPackages: ['pg', 'carillon/next'],
      },
    });
    expect(withCarillon({ experimental: { instrumentationHook: false } } as NextConfig)).toMatchObject({
      experimental: { instrumentationHook: false },
    });
  });

  it('Next 15.0 gets no option that only later versions know', () => {
    project({}, '15.0.0');
    expect(Object.keys(withCarillon())).toEqual(['serverExternalPackages', 'webpack']);
    project({}, '15.3.0');
    expect(Object.keys(withCarillon())).toEqual(['serverExternalPackages', 'webpack', 'turbopack']);
  });

  it('a project without Next gets what the newest has', () => {
    expect(Object.keys(withCarillon())).toEqual(['serverExternalPackages', 'webpack', 'turbopack']);
  });

  it('warns of the module format that `npm init` writes, which Next refuses pages with', () => {
    project({ type: 'commonjs' }, '16.0.0');
    withCarillon();
    expect(warnings).toEqual([
      `${folder}/package.json has "type": "commonjs", with which Next refuses pages that have \`import\` in them. ` +
        'Run `npm pkg set type=module` (or `npm pkg delete type`) in that folder.',
    ]);
  });

  it.each([{ type: 'module' }, {}])('says nothing of %j', (manifest) => {
    project(manifest, '16.0.0');
    withCarillon();
    expect(warnings).toEqual([]);
  });

  it('says nothing of a project in TypeScript', () => {
    project({ type: 'commonjs' }, '16.0.0');
    writeFileSync(join(folder, 'tsconfig.json'), '{}');
    withCarillon();
    expect(warnings).toEqual([]);
  });
});
