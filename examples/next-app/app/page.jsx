import { ring } from './actions';
import { Board } from './board';

// Rendered on the server; the board inside is alive in the browser.
export default function Page() {
  return (
    <main>
      <h1>One port, three ways to emit</h1>
      <Board>
        <form action={ring} data-way="a server action">
          <label htmlFor="submitted">Server action</label>
          <input
            id="submitted"
            name="text"
            placeholder="Submitted to ring()"
            maxLength={200}
            autoComplete="off"
            required
          />
          <button type="submit">Run</button>
        </form>
      </Board>
    </main>
  );
}
