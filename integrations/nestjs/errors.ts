/** The application uses `carillon/nestjs` in a way that cannot work. The message names the mistake and the fix. */
export class CarillonUsageError extends Error {
  override readonly name = 'CarillonUsageError';
  readonly code = 'CARILLON_NESTJS_USAGE';
}
