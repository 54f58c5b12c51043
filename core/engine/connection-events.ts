import type { EventEmitter } from 'node:events';
import { type EnginePacket, packetTypeOf } from '../protocol/engineio/packet.js';
import type { Prepared } from '../protocol/prepared.js';
import type { Transport } from '../transports/transport.js';
import type { ConnectionCloseReason } from './close-reason.js';

/** What waits for a client that reads slowly. */
export interface Backpressure {
  bytes: number;
  messages: number;
}

/** A packet on its way out. */
export type OutgoingPacket = EnginePacket & { options?: { compress: boolean } };

/** What an application may listen to on a connection. */
export interface ConnectionEvents {
  /** The session is open. */
  open: [];
  /** A packet arrived. */
  packet: [packet: EnginePacket];
  /** A packet is about to be queued. */
  packetCreate: [packet: OutgoingPacket];
  /** A message arrived. */
  message: [data: string | Buffer];
  /** The same as `message`. */
  data: [data: string | Buffer];
  /** A pong arrived. */
  heartbeat: [];
  /** The client began to move to another transport. */
  upgrading: [transport: Transport];
  /** The client moved to another transport. */
  upgrade: [transport: Transport];
  /** What waited is being written. */
  flush: [packets: readonly OutgoingPacket[]];
  /** Much waits for a client that reads slowly: more than `backpressureThreshold` bytes, or more than is allowed. */
  backpressure: [state: Backpressure];
  /** What waited was handed to the transport. */
  drain: [];
  /** Kept for programs written for Engine.IO; carillon reports faults with `close`. */
  error: [error: Error];
  /** The session ended. */
  close: [reason: ConnectionCloseReason, description?: unknown];
}

type Emitter = EventEmitter<ConnectionEvents>;

/** Tells of what is about to be queued. */
export function announcePackets(emitter: Emitter, message: Prepared): void {
  for (const packet of describePackets([message])) emitter.emit('packetCreate', packet);
}

/** Messages as Engine.IO packets, for who watches them. */
export function describePackets(messages: Iterable<Prepared>): OutgoingPacket[] {
  const packets: OutgoingPacket[] = [];
  for (const { parts, compress } of messages) {
    for (const part of parts) {
      const packet: EnginePacket =
        typeof part === 'string' ? describePacket(part) : { type: 'message', data: Buffer.from(part) };
      packets.push({ ...packet, options: { compress } });
    }
  }
  return packets;
}

/** Tells of a text packet that arrived. */
export function reportText(emitter: Emitter, text: string): void {
  const packet = describePacket(text);
  emitter.emit('packet', packet);
  if (packet.type !== 'message') return;
  // In the order of `engine.io`.
  emitter.emit('data', packet.data ?? '');
  emitter.emit('message', packet.data ?? '');
}

/** Tells of a binary message that arrived. */
export function reportBinary(emitter: Emitter, data: Buffer): void {
  emitter.emit('packet', { type: 'message', data });
  emitter.emit('data', data);
  emitter.emit('message', data);
}

function describePacket(text: string): EnginePacket {
  const type = packetTypeOf(text) ?? 'noop';
  return text.length > 1 ? { type, data: text.slice(1) } : { type };
}
