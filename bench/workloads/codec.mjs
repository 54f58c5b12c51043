export const rows = [];
export const standalone = true;
export async function drive() {}
