// Acknowledgements: with callback, with promise, with timeout, of one client and of many.
import { Server, type Socket } from 'socket.io';

interface ServerToClient {
  plain: (text: string) => void;
  ask: (text: string, ack: (answer: number) => void) => void;
  askTwo: (ack: (a: number, b: string) => void) => void;
  askNothing: (ack: () => void) => void;
  askWithError: (text: string, ack: (error: Error, answer: number) => void) => void;
  askOptional: (text: string, ack?: (answer: number) => void) => void;
  askUnion: (ack: (answer: { ok: true; value: number } | { ok: false; error: string }) => void) => void;
}
interface BetweenServers {
  load: (ack: (load: number) => void) => void;
  kick: (id: string) => void;
}
const io = new Server<ServerToClient, ServerToClient, BetweenServers>();
declare const socket: Socket<ServerToClient, ServerToClient>;

//: a callback gets the answer
socket.emit('ask', 'x', (answer) => answer.toFixed());

//: a callback with several answers
socket.emit('askTwo', (a, b) => [a.toFixed(), b.length]);

//: a callback with the wrong type is refused
// @ts-expect-error
socket.emit('ask', 'x', (answer: string) => answer.length);

//: with a timeout the error comes first
socket.timeout(100).emit('ask', 'x', (error, answer) => {
  if (error) return error.message;
  return answer.toFixed();
});

//: a timeout on a callback that declares its error
socket.timeout(100).emit('askWithError', 'x', (error, answer) => [error.message, answer.toFixed()]);

//: emitWithAck resolves with the answer
async function one() {
  const answer: number = await socket.emitWithAck('ask', 'x');
  const withError: number = await socket.emitWithAck('askWithError', 'x');
}

//: emitWithAck with a timeout
async function timed() {
  const answer: number = await socket.timeout(100).emitWithAck('ask', 'x');
}

//: emitWithAck with several answers resolves with the first
async function several() {
  const a: number = await socket.emitWithAck('askTwo');
}

//: emitWithAck with a union
async function union() {
  const result = await socket.emitWithAck('askUnion');
  if (result.ok) result.value.toFixed();
  else result.error.length;
}

//: emitWithAck on an event without acknowledgement is refused
async function refused() {
  // @ts-expect-error
  await socket.emitWithAck('plain', 'x');
}

//: emitWithAck checks the arguments
async function checked() {
  // @ts-expect-error
  await socket.emitWithAck('ask', 1);
}

//: emitWithAck on an untyped socket
async function untyped(plain: Socket) {
  const answer: string = await plain.emitWithAck('anything', 1, 2);
  const timely: { a: number } = await plain.timeout(10).emitWithAck('anything');
}

//: a broadcast with timeout collects answers
io.timeout(100).emit('ask', 'x', (error, answers) => {
  const all: number[] = answers;
});
io.to('room').timeout(100).emit('ask', 'x', (error, answers) => answers.map((a) => a.toFixed()));
socket.broadcast.timeout(100).emit('ask', 'x', (error, answers) => answers.length);

//: a broadcast with timeout, awaited
async function all() {
  const answers: number[] = await io.timeout(100).emitWithAck('ask', 'x');
  const some: number[] = await io.to('room').timeout(100).emitWithAck('ask', 'x');
  const others: number[] = await socket.broadcast.timeout(100).emitWithAck('ask', 'x');
}

//: a broadcast without timeout, awaited, is refused
async function early() {
  // @ts-expect-error
  await io.to('room').emitWithAck('ask', 'x');
}

//: the operator in the middle of a chain may carry the timeout
async function chain() {
  const answers: number[] = await io.timeout(100).to('a').except('b').emitWithAck('ask', 'x');
  io.timeout(100).to('a').volatile.compress(true).local.emit('ask', 'x', (error, answers) => answers.length);
}

//: a remote socket with timeout
async function remote() {
  const [first] = await io.fetchSockets();
  first?.timeout(100).emit('ask', 'x', (error: Error, answer: any) => answer);
}

//: events between servers with answers
async function between() {
  const loads: number[] = await io.serverSideEmitWithAck('load');
  io.serverSideEmit('load', (error, loads) => loads.map((l) => l.toFixed()));
  io.serverSideEmit('kick', 'id');
}

//: untyped acknowledgements on both sides
const plain = new Server();
plain.on('connection', (s) => {
  s.on('x', (arg, ack) => ack({ ok: true, arg }));
  s.on('y', (...args) => args.pop()('answer'));
  s.emit('z', (answer: number) => answer);
  s.timeout(5).emit('z', (error: Error, answer: number) => [error, answer]);
});
plain.timeout(10).emit('q', (error: Error, answers: string[]) => answers.length);

//: an acknowledgement handed on
function answerWith(ack: (ok: boolean) => void) {
  ack(true);
}
declare const typed: Socket<{ save: (id: number, ack: (ok: boolean) => void) => void }>;
typed.on('save', (_id, ack) => answerWith(ack));

//: an acknowledgement in a promise
function ask(s: Socket<ServerToClient, ServerToClient>): Promise<number> {
  return new Promise((resolve) => {
    s.emit('ask', 'x', resolve);
  });
}

//: an optional acknowledgement, awaited, on the server
//! only carillon
async function optional() {
  const answer: number = await socket.emitWithAck('askOptional', 'x');
}

//: an optional acknowledgement with a timeout
//! only carillon
socket.timeout(10).emit('askOptional', 'x', (error, answer) => [error.message, answer.toFixed()]);
io.timeout(10).emit('askOptional', 'x', (error, answers) => [error.message, answers.length]);
async function optionalAnswers() {
  const answer: number = await socket.timeout(10).emitWithAck('askOptional', 'x');
  const answers: number[] = await io.timeout(10).emitWithAck('askOptional', 'x');
}

//: an optional acknowledgement with a timeout, left out
socket.timeout(10).emit('askOptional', 'x');

//: an acknowledgement without arguments, awaited
async function nothing() {
  await socket.emitWithAck('askNothing');
}
