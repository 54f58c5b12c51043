'use server';

import { getIO } from 'carillon/next';

export async function ring(form) {
  getIO().emit('message', { from: 'a server action', text: String(form.get('text')).slice(0, 200) });
}
