/** A tap on somebody's page; `x` and `y` from 0 to 1. */
export interface Ripple {
  x: number;
  y: number;
  /** Number of the node that heard it. */
  node: number;
}

export interface ClientToServer {
  tap: (x: number, y: number, ack: (heard: boolean) => void) => void;
}

export interface ServerToClient {
  /** Number of the node this page is connected to. */
  welcome: (node: number) => void;
  ripple: (ripple: Ripple) => void;
  /** How many people are connected to each node. */
  people: (people: Record<number, number>) => void;
}

export interface SocketData {
  node: number;
}
