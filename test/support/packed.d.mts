export function packed(): Promise<{ tarball: string; clientTarball: string; serverTarball: string; modules: string }>;
