export type ProxyName = 'nginx' | 'haproxy';

export function provideProxy(
  name: ProxyName,
  say?: (line: string) => void,
): Promise<{ path: string; env: Record<string, string> }>;
