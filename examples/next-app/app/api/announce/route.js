import { getIO } from 'carillon/next';

export async function POST(request) {
  const text = await request.text();
  getIO().emit('message', { from: 'a route handler', text: text.slice(0, 200) });
  return new Response(null, { status: 204 });
}
