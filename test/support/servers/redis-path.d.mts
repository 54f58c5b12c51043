export function provideRedis(say?: (line: string) => void): Promise<{ path: string; env: Record<string, string> }>;
