/** What belongs to the body or the connection of an answer, which are the engine's. */
const ENGINE_HEADERS =
  /^(content-(type|length|encoding)|cache-control|connection|upgrade|transfer-encoding|sec-websocket-.*)$/i;

type AnswerHeaders = Record<string, string | string[] | number>;

/** Adds what the app's hooks set to an answer of the engine; cookies of both go out. */
export function mergeReplyHeaders(
  answer: AnswerHeaders,
  reply: Record<string, string | string[] | number | undefined>,
): void {
  const names = new Map(Object.keys(answer).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(reply)) {
    if (value === undefined || ENGINE_HEADERS.test(name)) continue;
    const ours = names.get(name.toLowerCase());
    if (ours === undefined) answer[name] = value;
    else if (ours.toLowerCase() === 'set-cookie') answer[ours] = [value, answer[ours]!].flat().map(String);
  }
}
