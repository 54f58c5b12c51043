// One project per kind of test. `npm test` runs them all (see test/run.mjs);
// `npx jest --selectProjects unit` (with NODE_OPTIONS=--experimental-vm-modules) runs one.
const transform = {
  '^.+\\.tsx?$': [
    '@swc/jest',
    {
      jsc: {
        parser: { syntax: 'typescript', decorators: true, tsx: false },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2023',
        keepClassNames: true,
      },
      module: { type: 'es6' },
      sourceMaps: 'inline',
    },
  ],
};

const project = (displayName) => ({
  displayName,
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
});

/** The suites of Fastify and NestJS once more, with the lowest versions that `peerDependencies` allow. */
const lowestPeers = {
  ...project('contract'),
  displayName: 'lowest-peers',
  testMatch: ['integration/{fastify,nestjs}', 'fastify*', 'nestjs-{lifecycle,messages,module,pipeline,rooms}'].map(
    (name) => `<rootDir>/test/contract/${name}.test.ts`,
  ),
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^(fastify|rxjs|reflect-metadata)(/.*)?$': '$1-lowest$2',
    '^@nestjs/(common|core|websockets|platform-express|platform-fastify|testing)(/.*)?$': 'nestjs-$1-lowest$2',
  },
};

export default {
  // No test asserts how long something takes: this only ends what hangs, on a machine as busy as it likes.
  testTimeout: 180_000,
  coverageProvider: 'babel',
  // A floor a little below what is there, for the unit tests alone: `npm run coverage`, and the step `unit` of `npm test`.
  coverageThreshold: { global: { statements: 79, branches: 77, functions: 72, lines: 80 } },
  collectCoverageFrom: ['core/**/*.ts'],
  coverageReporters: ['text-summary', 'json-summary', 'html'],
  projects: [
    'unit',
    'contract',
    'package',
    'compat',
    'cluster',
    'extensions',
    'faults',
    'hostile',
    'fuzz',
    'types',
    'browser',
    'proxies',
  ]
    .map((name) => project(name))
    .concat(lowestPeers),
};
