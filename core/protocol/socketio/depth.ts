/**
 * Whether JSON is nested deeper than `maxDepth` levels, before anybody parses it. Counts brackets outside strings. Also right
 * for text that turns out not to be JSON: it only has to stay bounded.
 */
export function exceedsDepth(json: string, maxDepth: number): boolean {
  // To be nested n levels takes 2n characters: short messages need no look.
  if (json.length <= 2 * maxDepth) return false;
  // Most texts hold fewer brackets than may be open at once, and searching for them is native.
  if (count(json, '[', maxDepth) + count(json, '{', maxDepth) <= maxDepth) return false;
  let depth = 0;
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i);
    if (code === 34 /* " */) {
      for (i++; i < json.length; i++) {
        const inside = json.charCodeAt(i);
        if (inside === 92 /* \ */) i++;
        else if (inside === 34) break;
      }
    } else if (code === 91 /* [ */ || code === 123 /* { */) {
      if (++depth > maxDepth) return true;
    } else if (code === 93 /* ] */ || code === 125 /* } */) {
      depth--;
    }
  }
  return false;
}

/** How often a character occurs, counted no further than `limit` + 1. */
function count(text: string, character: string, limit: number): number {
  let found = 0;
  for (let at = text.indexOf(character); at !== -1 && found <= limit; at = text.indexOf(character, at + 1)) found++;
  return found;
}
