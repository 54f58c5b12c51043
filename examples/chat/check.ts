// What a page sends can be anything at all. Each function here takes an unknown value and returns a good one, or
// throws a Refusal that may be shown to the sender.
import { type Draft, type Introduction, limits, type Picture } from './contract.js';
import { measure } from './picture.js';

export class Refusal extends Error {}

// Letters and digits of any language, inner spaces and a little punctuation: nothing invisible, nothing that turns the
// direction of the text around it.
const namePattern = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._'’-]*$/u;
const tokenPattern = /^[\w-]{16,64}$/;
// Control characters except tab and line feed, and the marks that override direction.
const unprintable = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Refusal('That is not a request.');
  return value as Record<string, unknown>;
}

export function name(value: unknown, what: string): string {
  const text = typeof value === 'string' ? value.slice(0, 200).normalize('NFC').trim().replace(/\s+/g, ' ') : '';
  if (text === '') throw new Refusal(`${what} is missing.`);
  if (text.length > limits.name) throw new Refusal(`${what} can have ${limits.name} characters.`);
  if (!namePattern.test(text)) throw new Refusal(`${what} can have letters, digits, spaces and . _ - ' only.`);
  return text;
}

export function token(value: unknown): string {
  if (typeof value !== 'string' || !tokenPattern.test(value)) throw new Refusal('That is not an identifier.');
  return value;
}

export function introduction(value: unknown): Introduction {
  const { nickname, room, key } = record(value);
  return { nickname: name(nickname, 'A nickname'), room: name(room, "A room's name"), key: token(key) };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Refusal('A message is text.');
  if (value.length > limits.text) throw new Refusal(`A message can have ${limits.text} characters.`);
  return value.replace(unprintable, (character) => (character === '\n' || character === '\t' ? character : '')).trim();
}

function picture(value: unknown): Picture {
  if (!Buffer.isBuffer(value)) throw new Refusal('A picture is sent as bytes.');
  if (value.length > limits.picture) throw new Refusal(`A picture can have ${limits.picture / 1000} kB.`);
  const measured = measure(value);
  if (!measured) throw new Refusal('Pictures are JPEG or PNG.');
  if (Math.max(measured.width, measured.height) > limits.pictureSide) {
    throw new Refusal(`A picture can have ${limits.pictureSide} pixels a side.`);
  }
  return { bytes: value as Buffer<ArrayBuffer>, ...measured };
}

export function draft(value: unknown): Omit<Draft, 'picture'> & { picture?: Picture } {
  const given = record(value);
  const checked = { id: token(given.id), room: name(given.room, "A room's name"), text: text(given.text) };
  if (given.picture !== undefined) return { ...checked, picture: picture(given.picture) };
  if (checked.text === '') throw new Refusal('The message is empty.');
  return checked;
}
