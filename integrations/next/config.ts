import type { NextConfig } from 'next';
import { ownNextVersion, warnOfCommonJs } from './project.js';

type ConfigFunction = (phase: string, context: { defaultConfig: NextConfig }) => NextConfig | Promise<NextConfig>;
type Webpack = NonNullable<NextConfig['webpack']>;

/**
 * Loaded by Node.js as it is, not bundled. It must not be all of the package: the components of `carillon/react` have to
 * be bundled, or they would find another React than the page.
 */
const EXTERNAL = 'carillon/next';

/**
 * Wraps the configuration of Next so that carillon works in it, whichever bundler there is.
 *
 * @param config an object, or a function as Next allows it. It is not changed.
 * @throws TypeError when it is neither.
 *
 * @example
 * // next.config.mjs
 * export default withCarillon({ output: 'standalone' });
 */
export function withCarillon(config?: NextConfig): NextConfig;
export function withCarillon(config: ConfigFunction): ConfigFunction;
export function withCarillon(config: NextConfig | ConfigFunction = {}): NextConfig | ConfigFunction {
  if (typeof config === 'function') return async (phase, context) => extend(await config(phase, context));
  return extend(config);
}

function extend(config: NextConfig): NextConfig {
  if (typeof config !== 'object' || config === null) {
    throw new TypeError('withCarillon() takes the configuration of Next: an object, or a function that returns one');
  }
  warnOfCommonJs();
  const version = ownNextVersion();
  return {
    ...config,
    ...externalPackages(config, version),
    webpack: externalIn(config.webpack),
    // Without it, Next takes ours for a configuration that somebody forgot to bring over to Turbopack.
    ...(config.webpack == null && isAtLeast(version, 15, 3) && { turbopack: config.turbopack ?? {} }),
  };
}

/** What became of options under `experimental` in Next 15. */
interface Experimental14 {
  serverComponentsExternalPackages?: string[];
  instrumentationHook?: boolean;
}

function externalPackages(config: NextConfig, version: string | undefined): NextConfig {
  if (isAtLeast(version, 15, 0)) return { serverExternalPackages: withOurs(config.serverExternalPackages) };
  const experimental: Experimental14 = (config.experimental as Experimental14 | undefined) ?? {};
  return {
    experimental: {
      // Next 14 runs instrumentation.js only so.
      instrumentationHook: true,
      ...experimental,
      serverComponentsExternalPackages: withOurs(experimental.serverComponentsExternalPackages),
    } as NonNullable<NextConfig['experimental']>,
  };
}

function withOurs(given: string[] = []): string[] {
  return given.includes(EXTERNAL) ? given : [...given, EXTERNAL];
}

/** An unknown version is taken for the newest. */
function isAtLeast(version: string | undefined, major: number, minor: number): boolean {
  if (version === undefined) return true;
  const [actualMajor = 0, actualMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return actualMajor > major || (actualMajor === major && actualMinor >= minor);
}

/**
 * Turbopack knows paths of packages in `serverExternalPackages`; webpack only whole packages. Required, not imported:
 * an import makes every module above it asynchronous, which Next 14 cannot build for pages with server actions.
 */
function externalIn(inner: NextConfig['webpack']): Webpack {
  return (config, context) => {
    const result = inner == null ? config : inner(config, context);
    if (context.nextRuntime === 'nodejs') {
      result.externals = [{ [EXTERNAL]: `commonjs ${EXTERNAL}` }, ...[result.externals ?? []].flat()];
    }
    return result;
  };
}
