export function packed(): Promise<{ tarball: string; modules: string }>;
