import type { NextConfig } from 'next';

type ConfigFunction = (phase: string, context: { defaultConfig: NextConfig }) => NextConfig | Promise<NextConfig>;

/** Packages that Next must load with Node.js instead of bundling them. */
const EXTERNAL = ['carillon'];

/**
 * Wraps the configuration of Next so that carillon works in it.
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
  const external = new Set([...(config.serverExternalPackages ?? []), ...EXTERNAL]);
  return { ...config, serverExternalPackages: [...external] };
}
