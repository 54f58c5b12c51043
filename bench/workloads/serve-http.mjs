/** The least that speaks long-polling on `node:http`: what is posted comes back with the GET that waits. */

/** @param {import('node:http').Server} http */
export function serveLongPolling(http) {
  const sessions = new Map();
  http.on('request', (request, response) => {
    const sid = new URLSearchParams(request.url.slice(request.url.indexOf('?') + 1)).get('sid');
    if (sid === null) {
      const id = String(sessions.size);
      sessions.set(id, { waiting: undefined, packets: [] });
      answer(response, `0{"sid":"${id}"}`);
      return;
    }
    const session = sessions.get(sid);
    if (request.method === 'GET') {
      session.waiting = response;
      release(session);
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      answer(response, 'ok');
      session.packets.push(Buffer.concat(chunks).toString());
      release(session);
    });
  });
}

function release(session) {
  if (!session.waiting || session.packets.length === 0) return;
  answer(session.waiting, session.packets.join('\u001e'));
  session.waiting = undefined;
  session.packets = [];
}

function answer(response, body) {
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=UTF-8', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
