import type { NextConfig } from 'next';

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
  const given = config.serverExternalPackages ?? [];
  return {
    ...config,
    serverExternalPackages: given.includes(EXTERNAL) ? given : [...given, EXTERNAL],
    webpack: externalIn(config.webpack),
    // Without it, Next takes ours for a configuration that somebody forgot to bring over to Turbopack.
    ...(config.webpack == null && { turbopack: config.turbopack ?? {} }),
  };
}

/** Turbopack knows paths of packages in `serverExternalPackages`; webpack only whole packages. */
function externalIn(inner: NextConfig['webpack']): Webpack {
  return (config, context) => {
    const result = inner == null ? config : inner(config, context);
    if (context.nextRuntime === 'nodejs') {
      result.externals = [{ [EXTERNAL]: `import ${EXTERNAL}` }, ...[result.externals ?? []].flat()];
    }
    return result;
  };
}
