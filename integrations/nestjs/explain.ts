import { WsException } from '@nestjs/websockets';
import { INTERNAL_ERROR } from './invocation.js';

/** What an `HttpException` offers, whichever copy of `@nestjs/common` it comes from. */
export interface HttpError {
  readonly message: string;
  getStatus(): number;
  getResponse(): string | object;
}

/** The body of an HTTP error, as Nest would answer it. */
export function bodyOf(error: HttpError): object {
  const body = error.getResponse();
  return typeof body === 'string' ? { statusCode: error.getStatus(), message: body } : body;
}

export function isHttpError(error: unknown): error is HttpError {
  if (typeof error !== 'object' || error === null) return false;
  const { getStatus, getResponse } = error as Partial<HttpError>;
  return typeof getStatus === 'function' && typeof getResponse === 'function';
}

/** What a client may know of an error; nothing, when it was not thrown for clients. */
export function explain(error: unknown): { message: string; payload: object; isUnexpected: boolean } {
  if (error instanceof WsException) {
    const reason = error.getError();
    const payload = typeof reason === 'string' ? { status: 'error', message: reason } : reason;
    return { message: error.message, payload, isUnexpected: false };
  }
  if (isHttpError(error)) {
    return { message: error.message, payload: { status: 'error', ...bodyOf(error) }, isUnexpected: false };
  }
  return { message: INTERNAL_ERROR.message, payload: INTERNAL_ERROR, isUnexpected: true };
}
