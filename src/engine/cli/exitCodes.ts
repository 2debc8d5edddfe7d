import { BedrockImportError, ErrorKind } from '../errors';

/** What the command's exit code tells a script. */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  blocked: 3,
  /** 128 + SIGINT, as shells report it. */
  cancelled: 130
} as const;

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  failed: ExitCode.failed,
  blocked: ExitCode.blocked,
  usage: ExitCode.usage,
  cancelled: ExitCode.cancelled
};

export function exitCodeOf(error: BedrockImportError): number {
  return BY_KIND[error.kind];
}

/** Whatever was thrown, as the one error type that the command prints. */
export function toCommandError(error: unknown): BedrockImportError {
  if (error instanceof BedrockImportError) {
    return error;
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new BedrockImportError({
    code: 'INTERNAL',
    message: `Something unexpected happened: ${message}`,
    nextStep: 'Run the command again with --debug and report what it prints.',
    cause: error
  });
}

export function usageError(options: {
  code: string;
  message: string;
  subject?: string;
  nextStep: string;
}): BedrockImportError {
  return new BedrockImportError({ ...options, kind: 'usage' });
}

export function blockedError(options: {
  code: string;
  message: string;
  subject?: string;
  nextStep: string;
}): BedrockImportError {
  return new BedrockImportError({ ...options, kind: 'blocked' });
}
