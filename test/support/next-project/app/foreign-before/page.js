// A page where somebody else's WebSockets are: left to itself, Next would end their upgrades.
export const dynamic = 'force-dynamic';

export default function Page() {
  return <p>a page</p>;
}
