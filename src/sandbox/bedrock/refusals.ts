import { RefusedError } from '../sigv4';

/** Refusals of Bedrock with the HTTP status that its service model gives to each code. */
export const validation = (message: string) =>
  new RefusedError(400, 'ValidationException', message);

export const conflict = (message: string) => new RefusedError(400, 'ConflictException', message);

export const quotaExceeded = (message: string) =>
  new RefusedError(400, 'ServiceQuotaExceededException', message);

export const notFound = (message: string) =>
  new RefusedError(404, 'ResourceNotFoundException', message);

export const modelNotReady = (message: string) =>
  new RefusedError(429, 'ModelNotReadyException', message);

export const modelError = (message: string) =>
  new RefusedError(424, 'ModelErrorException', message);
