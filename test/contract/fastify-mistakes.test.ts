// Mistakes with carillon/fastify: each gets an error that names it and says what to do.
import Fastify from 'fastify';
import { carillon, RegistrationError } from '../../integrations/fastify/index.js';
import { cleanUp, defer } from '../support/fastify.js';

afterEach(cleanUp);

async function mistake(...registrations: Record<string, unknown>[]): Promise<Error & { code?: string }> {
  const app = Fastify();
  defer(() => app.close());
  try {
    for (const options of registrations) await app.register(carillon, options as never);
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was taken without a word');
}

it.each([
  [{ pingTimeout: '5000' }, /^invalid option "pingTimeout": got "5000", expected a number /],
  [{ cors: 42 }, /^invalid option "cors": got 42, expected true, an object such as \{ origin:/],
  [{ pingTimout: 5000 }, /"pingTimout".* did you mean "pingTimeout"\?$/],
  [{ maxHTTPBufferSize: 5 }, /"maxHTTPBufferSize".* did you mean "maxHttpBufferSize"\?$/],
  [{ server: {} }, /"server".*it is attached to the server of the app you give it to$/],
  [{ nonsense: 1 }, /"nonsense".* one of path, addTrailingSlash/],
  [{ route: 'all' }, /"route": got "all", expected an object such as \{ onRequest: app.authenticate \}/],
  [{ route: { onrequest: () => {} } }, /"route.onrequest".* did you mean "route.onRequest"\?$/],
  [{ decorator: '' }, /"decorator": got "", expected a name/],
  [{ path: 42 }, /"path": got 42, expected a path such as "\/socket.io"/],
  [{ path: '/rooms/:id' }, /"path": got "\/rooms\/:id", expected a path without parameters/],
  [{ prefix: '/*' }, /"prefix": got "\/\*", expected a path without parameters/],
])('options %o', async (options, message) => {
  const error = await mistake(options);
  expect(error.message).toMatch(message);
  expect(error.code).toBe('CARILLON_INVALID_OPTION');
});

it('registering twice on one path', async () => {
  const error = await mistake({}, {});
  expect(error).toBeInstanceOf(RegistrationError);
  expect(error.message).toBe(
    'carillon is already registered on "/socket.io": register it once and share app.io, use app.io.of("/name") to ' +
      'keep things apart, or give the second one a path of its own: { path: "/other", decorator: "other" }',
  );
});

it('registering twice on one path in contexts that do not see each other', async () => {
  const app = Fastify();
  defer(() => app.close());
  await app.register(async (child) => void (await child.register(carillon)));
  await expect(async () => {
    await app.register(async (child) => void (await child.register(carillon)));
  }).rejects.toThrow('already registered on "/socket.io"');
});

it('a second one without a name of its own', async () => {
  const error = await mistake({}, { path: '/other' });
  expect(error).toBeInstanceOf(RegistrationError);
  expect(error.message).toBe('app.io exists already: give this carillon another name, such as { decorator: "io2" }');
});

it('a second one with a path and a name of its own is none', async () => {
  const app = Fastify();
  defer(() => app.close());
  await app.register(carillon);
  await app.register(carillon, { path: '/other', decorator: 'other' });
  expect((app as any).other.path()).toBe('/other');
  expect(app.io.path()).toBe('/socket.io');
});
