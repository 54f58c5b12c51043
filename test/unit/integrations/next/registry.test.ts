import { Server } from '../../../../core/index.js';
import { getIO, register } from '../../../../integrations/next/registry.js';

let removals: (() => void)[] = [];

function registered(by: 'attach()' | 'createServer()', copy = 'file:///app/node_modules/carillon'): Server {
  const io = new Server();
  removals.push(register(io, by, copy));
  return io;
}

afterEach(() => {
  for (const remove of removals) remove();
  removals = [];
  delete process.env.NEXT_RUNTIME;
  delete process.env.NEXT_PHASE;
});

it('finds the server of the process', () => {
  const io = registered('attach()');
  expect(getIO()).toBe(io);
});

it('says what to call when there is none', () => {
  expect(() => getIO()).toThrow(
    /no server in this process.*attach\(\).*register\(\) of instrumentation\.ts.*createServer\(\)/,
  );
});

it('says that it cannot be found any more when it is gone', () => {
  registered('attach()');
  removals.pop()!();
  expect(() => getIO()).toThrow('A server started in another process, or closed, is not found.');
});

it('names the edge runtime as the reason', () => {
  process.env.NEXT_RUNTIME = 'edge';
  expect(() => getIO()).toThrow('remove `export const runtime = "edge"`');
});

it('names rendering ahead of time as the reason', () => {
  process.env.NEXT_PHASE = 'phase-production-build';
  expect(() => getIO()).toThrow('`next build` renders this page ahead of time');
});

it('refuses a second server, and says what to use instead', () => {
  registered('attach()');
  expect(() => registered('attach()')).toThrow('Call it once, and use getIO() everywhere else');
});

it('refuses attach() beside a custom server', () => {
  registered('createServer()');
  expect(() => registered('attach()')).toThrow('With a custom server, leave attach() out of instrumentation.ts');
});

it('names the two copies when there are two', () => {
  registered('attach()', 'file:///one/attach.js');
  expect(() => registered('attach()', 'file:///two/attach.js')).toThrow(
    /another copy of carillon \(file:\/\/\/one\/attach\.js, this is file:\/\/\/two\/attach\.js\).*withCarillon\(\)/,
  );
});

it('does not remove a server that came after', () => {
  registered('attach()');
  const [remove] = removals;
  remove!();
  const second = registered('attach()');
  remove!();
  expect(getIO()).toBe(second);
});
