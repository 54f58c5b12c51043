/** How the face of each server is made for an extension of a name (see extension.ts); set by the server's constructor. */
export const faces = new WeakMap<object, (name: string) => unknown>();
