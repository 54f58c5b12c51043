/** Where the texts are kept. */
export const folder: string;
/** The declarations of each entry of the package, by the name of the text that shows them. */
export function entries(): Map<string, string>;
/** The texts of all entries, by name, from the declarations in `dist`. */
export function surface(): Map<string, string>;
