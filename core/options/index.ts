import { OptionError } from '../errors.js';
import { type EngineSettings, type ResolvedEngineSettings, resolveEngineSettings } from './engine.js';
import { type ExtensionSettings, type ResolvedExtensionSettings, resolveExtensionSettings } from './extensions.js';
import { type HttpSettings, type ResolvedHttpSettings, resolveHttpSettings } from './http.js';
import { type MessageSettings, type ResolvedMessageSettings, resolveMessageSettings } from './messages.js';
import { type NamespaceSettings, type ResolvedNamespaceSettings, resolveNamespaceSettings } from './namespaces.js';
import { type ResolvedTransportSettings, resolveTransportSettings, type TransportSettings } from './transports.js';

export type { CorsOptions, CorsOptionsDelegate, CorsOrigin } from '../http/origins.js';
export type { EventRateLimitOptions, PublishEndpointSettings, RateOption, RetryMemoryOptions } from './extensions.js';
export type { AllowRequest, SessionCookie } from './http.js';
export type { AdapterConstructor, ConnectionStateRecoveryOptions } from './namespaces.js';

/** Everything that can be set. All members are optional; {@link resolveOptions} fills in the defaults. */
export interface ServerOptions
  extends HttpSettings,
    TransportSettings,
    EngineSettings,
    MessageSettings,
    NamespaceSettings,
    ExtensionSettings {}

/** What the engine and what serves its requests take, complete. */
export interface EngineOptions
  extends Pick<ResolvedHttpSettings, 'allowRequest' | 'handshakeTimeout' | 'cookie' | 'cors' | 'originPolicy'>,
    ResolvedTransportSettings,
    ResolvedEngineSettings,
    Pick<ResolvedExtensionSettings, 'admission' | 'publishEndpoint'> {}

/** All options, checked, complete and frozen. */
export interface ResolvedOptions
  extends ResolvedHttpSettings,
    ResolvedTransportSettings,
    ResolvedEngineSettings,
    ResolvedMessageSettings,
    ResolvedNamespaceSettings,
    ResolvedExtensionSettings {}

/**
 * Checks the options and fills in the defaults. The object given is not changed.
 *
 * @throws OptionError with the option's name, its value and what is allowed.
 */
export function resolveOptions(given: ServerOptions | undefined): ResolvedOptions {
  const options = given ?? {};
  if (typeof options !== 'object') throw new OptionError('options', options, 'an object');
  const transports = resolveTransportSettings(options);
  const { maxHttpBufferSize } = transports;
  const messages = resolveMessageSettings(options, settledAs({ maxHttpBufferSize }));
  const { maxDepth } = messages.decodeLimits;
  return Object.freeze({
    ...resolveHttpSettings(options),
    ...transports,
    ...resolveEngineSettings(options),
    ...messages,
    ...resolveNamespaceSettings(options),
    ...resolveExtensionSettings(options, settledAs({ maxHttpBufferSize, maxDepth })),
  });
}

function settledAs(numbers: Record<string, number>): (name: string) => number {
  return (name) => numbers[name]!;
}
