'use client';

import { SocketProvider } from 'carillon/react';

const options = { path: '/api/ws' };

export function Connection({ children }) {
  return <SocketProvider options={options}>{children}</SocketProvider>;
}
