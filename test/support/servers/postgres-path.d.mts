export function providePostgres(
  say?: (line: string) => void,
): Promise<{ bin: string; env: Record<string, string>; user: { uid?: number; gid?: number } }>;
