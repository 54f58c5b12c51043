/**
 * The native wire between nodes: what carillon's nodes say to each other. Pure: values in, bytes out, and back.
 *
 * A **frame** is what is published at once: the messages of one turn of one node to one channel.
 *
 *     frame    magic u8 (0xca) · version u8 (1) · sender (20 characters) · number u48 · message*
 *     message  length u32 (of what follows) · kind u8 · body
 *     text     length u32 · UTF-8          block  length u32 · bytes
 *     room     0 u8 · text | 1 u8 · f64 (applications do name rooms by numbers)
 *     list     count u32 · item*
 *
 *     ANNOUNCE          announcement u8 · features: list of text
 *     REQUEST           id u32 · kind: text · payload: rest
 *     ANSWER            id u32 · status u8 · payload: rest
 *     BROADCAST         flags u8 · [sequence u48 · previous u48] · rooms: list · except: list · parts: list of (0 text | 1 block)
 *     JOIN, LEAVE       rooms: list · except: list · targets: list of room
 *     DISCONNECT        rooms: list · except: list · close u8
 *     SERVER_SIDE_EMIT  payload: rest
 *
 * Integers are big-endian. `number` counts the frames of a sender from 1; a receiver drops one that it has seen. Whoever can
 * publish on our channels can write such bytes: nothing is believed that was not checked, a frame with one bad message is
 * dropped whole, and decoding never throws.
 */
import { isId } from '../../ids.js';
import type { Part } from '../../protocol/prepared.js';
import type { BroadcastOptions, Room } from '../../rooms/selection.js';
import {
  type BroadcastMessage,
  readBroadcast,
  readList,
  readRoom,
  readTarget,
  type Stamp,
  type Target,
  writeBroadcast,
  writeRoom,
  writeTarget,
} from './broadcast.js';
import { ByteReader, ByteWriter, MalformedError } from './bytes.js';
import { Announcement, AnswerStatus, Kind } from './kinds.js';

const MAGIC = 0xca;
export const VERSION = 1;
const SENDER_LENGTH = 20;
const NUMBER_POSITION = 2 + SENDER_LENGTH;
const HEADER_LENGTH = NUMBER_POSITION + 6;

export interface AnnounceMessage {
  readonly kind: Kind.ANNOUNCE;
  readonly announcement: Announcement;
  readonly features: readonly string[];
}
export interface RequestMessage {
  readonly kind: Kind.REQUEST;
  readonly id: number;
  readonly name: string;
  readonly payload: Buffer;
}
export interface AnswerMessage {
  readonly kind: Kind.ANSWER;
  readonly id: number;
  readonly status: AnswerStatus;
  readonly payload: Buffer;
}
export interface MembershipMessage extends BroadcastOptions {
  readonly kind: Kind.JOIN | Kind.LEAVE;
  /** The rooms to join, or to leave. */
  readonly targets: Room[];
}
export interface DisconnectMessage extends BroadcastOptions {
  readonly kind: Kind.DISCONNECT;
  readonly close: boolean;
}
export interface ServerSideEmitMessage {
  readonly kind: Kind.SERVER_SIDE_EMIT;
  readonly payload: Buffer;
}
export type Message =
  | AnnounceMessage
  | RequestMessage
  | AnswerMessage
  | BroadcastMessage
  | MembershipMessage
  | DisconnectMessage
  | ServerSideEmitMessage;

export interface Frame {
  /** Id of the node that sent it. */
  readonly sender: string;
  readonly number: number;
  readonly messages: readonly Message[];
}

/** Why something was not a frame. A value: what others send is no reason to throw. */
export interface Malformed {
  readonly malformed: string;
}

/** Puts a frame together, message by message. */
export class FrameWriter {
  readonly #writer = new ByteWriter();

  /** @param sender 20 characters of `[A-Za-z0-9_-]`. */
  constructor(sender: string) {
    this.#writer.uint8(MAGIC);
    this.#writer.uint8(VERSION);
    this.#writer.latin1(sender);
    this.#writer.uint48(0);
  }

  get byteLength(): number {
    return this.#writer.length;
  }

  announce(announcement: Announcement, features: readonly string[]): void {
    const start = this.#begin(Kind.ANNOUNCE);
    this.#writer.uint8(announcement);
    this.#writer.uint32(features.length);
    for (const feature of features) this.#writer.text(feature);
    this.#end(start);
  }

  request(id: number, name: string, payload: Uint8Array): void {
    const start = this.#begin(Kind.REQUEST);
    this.#writer.uint32(id);
    this.#writer.text(name);
    this.#writer.raw(payload);
    this.#end(start);
  }

  answer(id: number, status: AnswerStatus, payload: Uint8Array): void {
    const start = this.#begin(Kind.ANSWER);
    this.#writer.uint32(id);
    this.#writer.uint8(status);
    this.#writer.raw(payload);
    this.#end(start);
  }

  /** Hot path: once per emit. */
  broadcast(parts: readonly Part[], options: BroadcastOptions, stamp?: Stamp): void {
    const start = this.#begin(Kind.BROADCAST);
    writeBroadcast(this.#writer, parts, options, stamp);
    this.#end(start);
  }

  join(target: Target, targets: readonly Room[]): void {
    this.#membership(Kind.JOIN, target, targets);
  }

  leave(target: Target, targets: readonly Room[]): void {
    this.#membership(Kind.LEAVE, target, targets);
  }

  #membership(kind: Kind, target: Target, targets: readonly Room[]): void {
    const start = this.#begin(kind);
    writeTarget(this.#writer, target);
    this.#writer.uint32(targets.length);
    for (const room of targets) writeRoom(this.#writer, room);
    this.#end(start);
  }

  disconnect(target: Target, close: boolean): void {
    const start = this.#begin(Kind.DISCONNECT);
    writeTarget(this.#writer, target);
    this.#writer.uint8(close ? 1 : 0);
    this.#end(start);
  }

  serverSideEmit(payload: Uint8Array): void {
    const start = this.#begin(Kind.SERVER_SIDE_EMIT);
    this.#writer.raw(payload);
    this.#end(start);
  }

  /** The frame, with its number. The writer must not be used afterwards. */
  finish(number: number): Buffer {
    const frame = this.#writer.bytes();
    frame.writeUIntBE(number, NUMBER_POSITION, 6);
    return frame;
  }

  #begin(kind: Kind): number {
    const start = this.#writer.length;
    this.#writer.uint32(0);
    this.#writer.uint8(kind);
    return start;
  }

  #end(start: number): void {
    this.#writer.uint32At(start, this.#writer.length - start - 4);
  }
}

/** Reads a frame, or says why it is none. Payloads and binary parts are views of `bytes`. */
export function decodeFrame(bytes: Buffer): Frame | Malformed {
  try {
    if (bytes.length < HEADER_LENGTH) throw new MalformedError('shorter than a header');
    const reader = new ByteReader(bytes);
    if (reader.uint8() !== MAGIC) throw new MalformedError('not a frame');
    const version = reader.uint8();
    if (version !== VERSION) throw new MalformedError(`version ${version}, expected ${VERSION}`);
    const sender = reader.latin1(SENDER_LENGTH);
    if (!isId(sender)) throw new MalformedError('the sender has no proper id');
    const number = reader.uint48();
    if (number === 0) throw new MalformedError('frames are counted from 1');
    const messages: Message[] = [];
    while (reader.remaining > 0) messages.push(readMessage(reader.section()));
    return { sender, number, messages };
  } catch (error) {
    if (error instanceof MalformedError) return { malformed: error.message };
    throw error;
  }
}

function readMessage(reader: ByteReader): Message {
  const kind = reader.uint8();
  const message = readBody(kind, reader);
  reader.finish();
  return message;
}

function readBody(kind: number, reader: ByteReader): Message {
  switch (kind) {
    case Kind.ANNOUNCE: {
      const announcement = reader.uint8();
      if (announcement < Announcement.HELLO || announcement > Announcement.BYE)
        throw new MalformedError(`announcement ${announcement}`);
      const features = readList(reader, 4, () => reader.text());
      return { kind, announcement, features };
    }
    case Kind.REQUEST:
      return { kind, id: reader.uint32(), name: reader.text(), payload: reader.rest() };
    case Kind.ANSWER: {
      const id = reader.uint32();
      const status = reader.uint8();
      if (status > AnswerStatus.FAILED) throw new MalformedError(`answer with status ${status}`);
      return { kind, id, status, payload: reader.rest() };
    }
    case Kind.BROADCAST:
      return readBroadcast(reader);
    case Kind.JOIN:
    case Kind.LEAVE: {
      const options = readTarget(reader);
      return { kind, ...options, targets: readList(reader, 2, () => readRoom(reader)) };
    }
    case Kind.DISCONNECT: {
      const options = readTarget(reader);
      return { kind, ...options, close: readBoolean(reader) };
    }
    case Kind.SERVER_SIDE_EMIT:
      return { kind, payload: reader.rest() };
    default:
      throw new MalformedError(`kind ${kind}`);
  }
}

function readBoolean(reader: ByteReader): boolean {
  const value = reader.uint8();
  if (value > 1) throw new MalformedError(`neither true nor false: ${value}`);
  return value === 1;
}

/** Whether bytes begin as a frame of this sender would. Cheaper than to decode them. */
export function isFrameOf(bytes: Buffer, sender: string): boolean {
  return bytes.length >= HEADER_LENGTH && bytes.toString('latin1', 2, 2 + SENDER_LENGTH) === sender;
}
