/**
 * carillon for NestJS: the adapter, a module, decorators and a helper for tests.
 */
export { CarillonAdapter } from './adapter.js';
export { UseConnectionGuards } from './connection-guards.js';
export { CarillonUsageError } from './errors.js';
export { CarillonExceptionFilter } from './exception-filter.js';
export {
  CarillonModule,
  type CarillonModuleAsyncOptions,
  type CarillonModuleOptions,
  type CarillonOptionsFactory,
} from './module.js';
export { EventArg, EventArgs, EventName, Rooms } from './parameters.js';
export { type EmitOptions, EmitTo, JoinRoom, LeaveRoom, type RoomDecorator, ToRoom } from './rooms/decorators.js';
export type { RoomContext, RoomName } from './rooms/plan.js';
export { CarillonService } from './service.js';
export { type ConnectClient, startTestServer, type TestClient, type TestServer } from './testing.js';
export type { CarillonOptions, GatewayOptions } from './types.js';
