export async function GET(_request, { params }) {
  return new Response(`caught ${(await params).all.join('/')}`);
}
