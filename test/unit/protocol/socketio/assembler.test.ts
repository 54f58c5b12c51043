import { ProtocolError } from '../../../../core/errors.js';
import { PacketAssembler } from '../../../../core/protocol/socketio/assembler.js';
import { DEFAULT_DECODE_LIMITS } from '../../../../core/protocol/socketio/decode.js';

const placeholder = (num: number) => `{"_placeholder":true,"num":${num}}`;

test('a text alone is complete', () => {
  const assembler = new PacketAssembler();
  expect(assembler.receiveText('2["a"]')).toEqual({ type: 2, nsp: '/', data: ['a'] });
  expect(assembler.isPending).toBe(false);
});

test('begins where it is told', () => {
  expect(new PacketAssembler().receiveText('42["a"]', 1)).toMatchObject({ data: ['a'] });
});

test('a binary packet is complete with its last attachment', () => {
  const assembler = new PacketAssembler();
  expect(assembler.receiveText(`52-/n,7["a",${placeholder(1)},${placeholder(0)}]`)).toBeUndefined();
  expect(assembler.isPending).toBe(true);
  expect(assembler.receiveBinary(Buffer.from([1]))).toBeUndefined();
  expect(assembler.receiveBinary(Buffer.from([2]))).toEqual({
    type: 2,
    nsp: '/n',
    id: 7,
    data: ['a', Buffer.from([2]), Buffer.from([1])],
  });
  expect(assembler.isPending).toBe(false);
});

test('the next packet begins afresh', () => {
  const assembler = new PacketAssembler();
  for (const byte of [1, 2]) {
    assembler.receiveText(`51-["a",${placeholder(0)}]`);
    expect(assembler.receiveBinary(Buffer.from([byte]))).toMatchObject({ data: ['a', Buffer.from([byte])] });
  }
});

test('a text in the middle of attachments', () => {
  const assembler = new PacketAssembler();
  assembler.receiveText(`51-["a",${placeholder(0)}]`);
  expect(() => assembler.receiveText('2["a"]')).toThrow(
    new ProtocolError('got plaintext data when reconstructing a packet'),
  );
});

test('an attachment nobody announced', () => {
  expect(() => new PacketAssembler().receiveBinary(Buffer.alloc(1))).toThrow(
    new ProtocolError('got binary data when not reconstructing a packet'),
  );
});

test('a placeholder that names no attachment', () => {
  const assembler = new PacketAssembler();
  assembler.receiveText(`51-["a",${placeholder(1)}]`);
  expect(() => assembler.receiveBinary(Buffer.alloc(1))).toThrow(new ProtocolError('illegal attachments'));
});

test('attachments together stay below the limit, packet by packet', () => {
  const assembler = new PacketAssembler({ ...DEFAULT_DECODE_LIMITS, maxAttachmentBytes: 10 });
  for (let packet = 0; packet < 2; packet++) {
    assembler.receiveText(`52-["a",${placeholder(0)},${placeholder(1)}]`);
    assembler.receiveBinary(Buffer.alloc(5));
    expect(assembler.receiveBinary(Buffer.alloc(5))).toBeDefined();
  }
  assembler.receiveText(`52-["a",${placeholder(0)},${placeholder(1)}]`);
  assembler.receiveBinary(Buffer.alloc(5));
  expect(() => assembler.receiveBinary(Buffer.alloc(6))).toThrow(new ProtocolError('attachments too large'));
});

test('clear forgets what was half received', () => {
  const assembler = new PacketAssembler();
  assembler.receiveText(`51-["a",${placeholder(0)}]`);
  assembler.clear();
  expect(assembler.isPending).toBe(false);
  expect(assembler.receiveText('2["b"]')).toMatchObject({ data: ['b'] });
  expect(() => assembler.receiveBinary(Buffer.alloc(1))).toThrow(ProtocolError);
});
