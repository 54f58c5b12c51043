export function packed(): Promise<{ tarball: string; clientTarball: string; modules: string }>;
