/** A token. Source: RFC 9110 §5.1. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Source: RFC 9110 §5.5. */
const INVALID_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Takes out of the headers what cannot stand in an answer: Node throws when it is written, and where we write, nobody
 * could catch it; in the answer to a WebSocket handshake, which we write ourselves, a line break would begin another header.
 *
 * @param headers values by name; a list is several headers of one name.
 * @returns what was wrong, one for each that was taken out.
 */
export function dropInvalidHeaders(headers: Record<string, unknown>): TypeError[] {
  const faults: TypeError[] = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    const fault = NAME.test(name)
      ? (Array.isArray(value) ? value : [value]).map(faultOf).find((each) => each !== undefined)
      : 'its name is no name of a header: letters, digits and hyphens are';
    if (fault === undefined) continue;
    delete headers[name];
    faults.push(new TypeError(`the header ${JSON.stringify(name)} is left out: ${fault}`));
  }
  return faults;
}

function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return 'its value is no text and no number';
  return INVALID_VALUE.test(String(value))
    ? 'its value has characters other than tabs and those from U+0020 to U+00FF without U+007F'
    : undefined;
}
