// What our client infers and Socket.IO's does not: answers with more than one argument, with none, and optional ones.
import type { Socket } from '../../../core/client/index.js';

interface ClientToServer {
  chat: (text: string) => void;
  save: (id: number, ack: (isSaved: boolean, version: number) => void) => void;
  find: (query: { name: string }, ack: (found: string[] | null) => void) => void;
  ping: (ack: () => void) => void;
  maybe: (id: number, ack?: (answer: string) => void) => void;
}

export async function answers(socket: Socket<Record<never, never>, ClientToServer>): Promise<unknown[]> {
  const isSaved: boolean = await socket.emitWithAck('save', 1);
  const timely: boolean = await socket.timeout(100).emitWithAck('save', 1);
  const found: string[] | null = await socket.emitWithAck('find', { name: 'Ada' });
  const maybe: string = await socket.emitWithAck('maybe', 1);
  const nothing: undefined = await socket.emitWithAck('ping');
  // @ts-expect-error it is a boolean
  const text: string = await socket.emitWithAck('save', 1);
  // @ts-expect-error and with a timeout, too
  const later: string = await socket.timeout(100).emitWithAck('save', 1);
  // @ts-expect-error it is a text
  const number: number = await socket.emitWithAck('maybe', 1);
  // @ts-expect-error the id is a number
  await socket.emitWithAck('maybe', 'one');
  return [isSaved, timely, found, maybe, nothing, text, later, number];
}
