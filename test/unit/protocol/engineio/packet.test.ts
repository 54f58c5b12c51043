import { PacketType, packetTypeOf } from '../../../../core/protocol/engineio/packet.js';

test.each(Object.entries(PacketType))('%s is the type of a packet that starts with %s', (name, digit) => {
  expect(packetTypeOf(digit)).toBe(name);
  expect(packetTypeOf(`${digit}data`)).toBe(name);
});

test.each(['', '7', '9', 'b', '/', ':', '٣', '\u0000'])('%j starts no packet', (text) => {
  expect(packetTypeOf(text)).toBeUndefined();
});
