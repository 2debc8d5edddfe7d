import type { BedrockImportError } from '../errors';

export function toHubError(_error: unknown, _context: { subject: string }): BedrockImportError {
  throw new Error('Not written yet.');
}
