import createDebug from 'debug';
import type { Extension, ExtensionConnection, IncomingEvent } from '../../extension.js';
import { EventRate, type EventRateLimit } from './event-rate.js';

const debug = createDebug('carillon:client');

/** Limits how many events clients send, by socket and by connection. Joining a namespace counts as one. */
export function rateLimits(
  { sockets, notice, report, clock }: Pick<Extension, 'sockets' | 'notice' | 'report' | 'clock'>,
  limit: EventRateLimit,
): void {
  const rates = new WeakMap<ExtensionConnection, EventRate>();
  const rateOf = (connection: ExtensionConnection): EventRate => {
    const known = rates.get(connection) ?? new EventRate(limit, clock);
    rates.set(connection, known);
    return known;
  };

  // Joining costs the application as much as an event, if not more.
  sockets().arriving(({ connection }) => {
    const wait = rateOf(connection).admitConnect();
    if (wait === 0) return undefined;
    if (limit.exceeded === 'close') close(connection, wait);
    return { message: 'Rate limit exceeded', data: { retryAfter: wait } };
  });

  sockets().connected((_socket, { connection }) => {
    const rate = rateOf(connection);
    return {
      arrived(event) {
        let wait: number;
        try {
          wait = rate.admit(event.socket.nsp.name, event.data);
        } catch (error) {
          report(error, 'eventRateLimit.cost');
          return true;
        }
        if (wait > 0) refuse(event, connection, rate, wait);
        return wait === 0;
      },
    };
  });

  const refuse = (event: IncomingEvent, connection: ExtensionConnection, rate: EventRate, wait: number): void => {
    const [name] = event.data;
    const namespace = event.socket.nsp.name;
    if (debug.enabled) debug('%s sends too many events: %j is refused for %d ms', connection.id, name, wait);
    const news = { event: name, reason: 'rate limit', retryAfter: wait };
    if (limit.exceeded === 'close') {
      // Over polling there is no close code, and the close reason cannot say for how long.
      notice(event.socket, 'refused', news);
      close(connection, wait);
    } else if (event.id !== undefined) {
      event.answer({ status: 'error', message: 'Rate limit exceeded', retryAfter: wait });
    } else if (rate.isNews(namespace, wait)) {
      notice(event.socket, 'refused', news);
    }
  };
}

function close(connection: ExtensionConnection, wait: number): void {
  const closeInfo = { code: 1008, reason: `rate limit: try again in ${wait} ms` };
  connection.fail('rate limit', new Error(closeInfo.reason), closeInfo);
}
