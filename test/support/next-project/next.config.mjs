import { withCarillon } from 'carillon/next';

export default withCarillon({
  output: 'standalone',
  // The packages are linked from elsewhere.
  turbopack: { root: '/' },
  outputFileTracingRoot: '/',
  distDir: process.env.DIST_FOLDER ?? '.next',
});
