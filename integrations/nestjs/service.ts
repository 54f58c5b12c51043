import { Injectable } from '@nestjs/common';
import type { BroadcastOperator, Namespace, RemoteSocket, Server } from '../../core/index.js';
import { CarillonUsageError } from './errors.js';
import type { AnyServer } from './types.js';

/**
 * Emits from anywhere: inject it into a service, a controller, a cron job.
 *
 * @example
 * constructor(private readonly carillon: CarillonService) {}
 * paid(order: Order) {
 *   this.carillon.to(`order:${order.id}`).emit('paid', order.total);
 * }
 */
@Injectable()
export class CarillonService {
  #findServer: (() => AnyServer) | undefined;

  /** @internal By the adapter. */
  connect(findServer: () => AnyServer): void {
    this.#findServer = findServer;
  }

  /**
   * The server on the application's port.
   *
   * @throws CarillonUsageError when the application has no {@link CarillonAdapter}.
   */
  get server(): Server<any, any, any, any> {
    if (this.#findServer === undefined) {
      throw new CarillonUsageError(
        'CarillonService has no server yet: call app.useWebSocketAdapter(new CarillonAdapter(app)) before app.listen(), ' +
          'and emit after that.',
      );
    }
    return this.#findServer();
  }

  /** A namespace of the server: `of('/chat').emit('news')`. */
  of(namespace: string | RegExp): Namespace<any, any, any, any> {
    return this.server.of(namespace);
  }

  /** Sends to everybody in the main namespace. */
  emit(event: string, ...args: unknown[]): boolean {
    return this.server.emit(event, ...args);
  }

  /** Everybody in this room of the main namespace, or in any of several. */
  to(room: string | string[]): BroadcastOperator<any, any> {
    return this.server.to(room);
  }

  /** The same as {@link CarillonService.to}. */
  in(room: string | string[]): BroadcastOperator<any, any> {
    return this.server.in(room);
  }

  /** Everybody in the main namespace but those in this room, or in any of several. */
  except(room: string | string[]): BroadcastOperator<any, any> {
    return this.server.except(room);
  }

  /** The sockets of the main namespace, on all nodes. */
  fetchSockets(): Promise<RemoteSocket<any, any>[]> {
    return this.server.fetchSockets();
  }
}
