import { withCarillon } from 'carillon/next';

export default withCarillon({ output: 'standalone' });
