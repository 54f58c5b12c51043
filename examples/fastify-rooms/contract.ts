// What the two sides say to each other, and what the server knows of a socket.
import type {} from 'carillon/fastify';

export interface User {
  name: string;
}

export interface Line {
  from: string;
  text: string;
}

declare module 'carillon/fastify' {
  interface CarillonTypes {
    /** What clients send. */
    ListenEvents: {
      enter: (room: string, entered: (error: string | null) => void) => void;
      leave: (room: string) => void;
      say: (room: string, text: string, delivered: (error: string | null) => void) => void;
    };
    /** What clients receive. */
    EmitEvents: {
      line: (room: string, line: Line) => void;
      members: (room: string, names: string[]) => void;
    };
    SocketData: { user: User };
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: User;
    user: User;
  }
}

export const rooms = ['lobby', 'kitchen', 'garden'];
export const maxTextLength = 500;
