import { getIO } from 'carillon/next';

export async function POST(request) {
  try {
    getIO().emit('news', await request.text());
    return new Response(`emitted by ${process.pid}`);
  } catch (error) {
    return new Response(error.message, { status: 500 });
  }
}
