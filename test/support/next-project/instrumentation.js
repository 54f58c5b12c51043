import { attach } from 'carillon/next';

export async function register() {
  if (process.env.NEXT_RUNTIME === 'nodejs' && process.env.MODE !== 'custom') {
    const { fixture, onServer } = await import('./fixture.mjs');
    // Next's server is not there to be prepared: others come to it as carillon does.
    onServer((server) => fixture.beforeAttach(server));
    fixture.install(await attach(fixture.options));
    onServer((server) => fixture.afterAttach(server));
    console.log('instrumented');
  }
}
