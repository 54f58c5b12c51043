/** Levels of arrays and maps inside each other, for both directions. */
export const MAX_DEPTH = 1024;

/** Bytes of one encoded value: one that holds the same thing many times over must not take all memory. */
export const MAX_BYTES = 2 ** 28;
