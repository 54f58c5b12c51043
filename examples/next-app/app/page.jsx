import { ring } from './actions';
import { Board } from './board';

// Rendered on the server; the board inside is alive in the browser.
export default function Page() {
  return (
    <main>
      <h1>One port, three ways to emit</h1>
      <Board>
        <form action={ring}>
          <input
            name="text"
            placeholder="Said by a server action"
            aria-label="Server action"
            maxLength={200}
            required
          />
          <button type="submit">Run</button>
        </form>
      </Board>
    </main>
  );
}
