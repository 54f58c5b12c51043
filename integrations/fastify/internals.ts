import type { FastifyInstance } from 'fastify';

/**
 * What Fastify keeps under a symbol, and shows in no other way.
 *
 * @param name `options` or `hooks`.
 * @returns an empty object where this version of Fastify has nothing of that name.
 */
export function internalsOf(app: FastifyInstance, name: 'options' | 'hooks'): object {
  for (let level: object | null = app; level !== null; level = Object.getPrototypeOf(level)) {
    const key = Object.getOwnPropertySymbols(level).find(({ description }) => description === `fastify.${name}`);
    if (key === undefined) continue;
    const value: unknown = (level as Record<symbol, unknown>)[key];
    return typeof value === 'object' && value !== null ? value : {};
  }
  return {};
}
