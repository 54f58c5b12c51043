/**
 * Encoding and decoding, without any I/O: from the packet's data to Engine.IO messages and back. carillon's protocol
 * functions against the public exports of `socket.io-parser` and `engine.io-parser`.
 */
import { strict as assert } from 'node:assert';
import { median } from '../report/statistics.mjs';

const PROTOCOL = new URL('../../dist/core/protocol/', import.meta.url);
const BATCHES = 15;

const table = Array.from({ length: 40 }, (_, place) => ({
  place: place + 1,
  player: `player-${(place * 7919) % 9973}`,
  score: 100_000 - place * 731,
  tags: ['eu', 'ranked'],
}));

const EVENT = 2;
const ACK = 3;
const packets = {
  event: {
    type: EVENT,
    nsp: '/',
    data: ['message', { from: 'u0123', text: 'The quick brown fox jumps over the lazy dog' }],
  },
  table: { type: EVENT, nsp: '/', data: ['table', table] },
  ack: { type: ACK, nsp: '/admin', id: 42, data: [{ status: 'ok' }] },
  binary: { type: EVENT, nsp: '/', data: ['data', { name: 'a.bin', bytes: Buffer.alloc(1024, 'b') }] },
};

const titles = {
  event: 'a chat message',
  table: '3 KB of JSON',
  ack: 'an acknowledgement in a namespace',
  binary: 'an event with 1 KB attached',
};

export const standalone = true;
export const implementations = ['carillon', 'socket.io'];
export const rows = Object.entries(titles).flatMap(([name, title]) => [
  { id: `codec-encode-${name}`, title: `encode ${title}`, unit: 'ns/packet' },
  { id: `codec-decode-${name}`, title: `decode ${title}`, unit: 'ns/packet' },
]);

/**
 * @typedef {object} Codec
 * @property {(packet: object) => (string | Uint8Array)[]} encode to Engine.IO messages as a WebSocket carries them
 * @property {(messages: (string | Uint8Array)[]) => object} decode
 */

/** @type {Record<string, () => Promise<Codec>>} */
const codecs = {
  async carillon() {
    const { encode } = await import(new URL('socketio/encode.js', PROTOCOL).href);
    const { PacketAssembler } = await import(new URL('socketio/assembler.js', PROTOCOL).href);
    const { Prepared } = await import(new URL('prepared.js', PROTOCOL).href);
    const assembler = new PacketAssembler();
    return {
      encode: (packet) => Prepared.message(encode(packet)).parts,
      decode(messages) {
        let packet;
        for (const message of messages) {
          packet = typeof message === 'string' ? assembler.receiveText(message, 1) : assembler.receiveBinary(message);
        }
        return packet;
      },
    };
  },

  async 'socket.io'() {
    const { Encoder, Decoder } = await import('socket.io-parser');
    const { encodePacket, decodePacket } = await import('engine.io-parser');
    const encoder = new Encoder();
    const decoder = new Decoder();
    let decoded;
    decoder.on('decoded', (packet) => {
      decoded = packet;
    });
    return {
      encode(packet) {
        const messages = [];
        for (const data of encoder.encode(packet)) {
          encodePacket({ type: 'message', data }, true, (message) => messages.push(message));
        }
        return messages;
      },
      decode(messages) {
        for (const message of messages) decoder.add(decodePacket(message, 'nodebuffer').data);
        return decoded;
      },
    };
  },
};

export async function drive(bench) {
  const { encode, decode } = await codecs[bench.implementation]();
  for (const [name, packet] of Object.entries(packets)) {
    const messages = encode(packet);
    assert.deepEqual(decode(messages).data, packet.data);
    const publish = (row, operation) => {
      if (bench.wants(row)) bench.publish(row, { cost: nanoseconds(operation, bench.seconds) });
    };
    publish(`codec-encode-${name}`, () => encode(packet));
    publish(`codec-decode-${name}`, () => decode(messages));
  }
}

let sink;

/** @returns {number} the median of several batches, after as much time to warm up */
function nanoseconds(operation, seconds) {
  const batch = (milliseconds) => {
    const start = performance.now();
    let count = 0;
    let elapsed = 0;
    while (elapsed < milliseconds) {
      for (let index = 0; index < 100; index++) sink = operation();
      count += 100;
      elapsed = performance.now() - start;
    }
    return (elapsed * 1e6) / count;
  };
  const milliseconds = (seconds * 1000) / 4 / BATCHES;
  batch(milliseconds * BATCHES);
  const costs = Array.from({ length: BATCHES }, () => batch(milliseconds));
  assert.ok(sink);
  return median(costs);
}
