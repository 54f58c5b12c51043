import type { ExtensionLog, ExtensionSocket, LogEntry, LogPage } from '../extension.js';

export interface Replay {
  readonly log: ExtensionLog;
  readonly room: string;
  /** Position of the last entry the client has. */
  readonly since: number;
  /** Sends one entry to the socket. */
  readonly deliver: (entry: LogEntry) => void;
}

/**
 * Delivers what a log holds behind a position, and then has the socket join the room in which live entries are delivered.
 *
 * What is appended while the log is read is kept aside, and the socket joins in the turn in which the last of it has been
 * delivered: nothing is missing, nothing comes twice.
 */
export async function replay(socket: ExtensionSocket, { log, room, since, deliver }: Replay): Promise<LogPage> {
  const live: LogEntry[] = [];
  const stop = log.follow((entry) => live.push(entry));
  try {
    const page = await log.read(since);
    let position = since;
    for (const entry of [...page.entries, ...live]) {
      if (entry.position <= position) continue;
      position = entry.position;
      deliver(entry);
    }
    await socket.join(room);
    return page;
  } finally {
    stop();
  }
}
