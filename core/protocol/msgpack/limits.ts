/** Levels of arrays and maps inside each other, for both directions. */
export const MAX_DEPTH = 1024;
