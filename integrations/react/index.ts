'use client';
import { createContext, useContext, useState } from 'react';
export const Ctx = createContext('none');
export function useThing() {
  const [s] = useState('state');
  return s + useContext(Ctx);
}
