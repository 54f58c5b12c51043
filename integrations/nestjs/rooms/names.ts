import { WsException } from '@nestjs/websockets';
import type { RoomContext, RoomName } from './plan.js';

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** @throws TypeError for what can never be the name of a room. */
export function checkRoomName(name: unknown, decorator: string): void {
  if (typeof name === 'function') return;
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(
      `@${decorator}() takes names of rooms: "lobby", a template such as "room:{id}", or a function (body) => name`,
    );
  }
  for (const [placeholder, path] of name.matchAll(PLACEHOLDER)) {
    if (path!.split('.').every((part) => /^\w+$/.test(part))) continue;
    throw new TypeError(`@${decorator}("${name}"): ${placeholder} is no field; write {id}, {user.id} or {0}`);
  }
}

/**
 * The rooms that names mean for this message.
 *
 * @throws WsException when a field of a template is missing: what the client sent names no room.
 */
export async function resolveRooms(names: readonly RoomName[], body: unknown, context: RoomContext): Promise<string[]> {
  const rooms = new Set<string>();
  for (const name of names) {
    if (typeof name === 'string') {
      rooms.add(fill(name, body, context));
      continue;
    }
    const given = await name(body, context);
    for (const each of Array.isArray(given) ? given : given === undefined ? [] : [given]) {
      if (typeof each !== 'string' || each === '') throw new TypeError(`a function named the room ${String(each)}`);
      rooms.add(each);
    }
  }
  return [...rooms];
}

function fill(template: string, body: unknown, context: RoomContext): string {
  return template.replace(PLACEHOLDER, (_, path: string) => {
    const value = lookUp(path, body, context);
    if ((typeof value === 'string' && value !== '') || Number.isFinite(value) || typeof value === 'boolean') {
      return String(value);
    }
    throw new WsException(`"${path}" is missing: it names the room (${template})`);
  });
}

function lookUp(path: string, body: unknown, context: RoomContext): unknown {
  if (/^\d+$/.test(path)) return context.args[Number(path)];
  let value: unknown = body;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
