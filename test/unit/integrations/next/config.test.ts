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
    externals: [{ 'carillon/next': 'import carillon/next' }, 'other'],
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
