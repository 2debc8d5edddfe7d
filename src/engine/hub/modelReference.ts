import type { ModelReference } from './types';

export function parseModelReference(
  _text: string,
  _options?: { endpoint?: string }
): ModelReference {
  throw new Error('Not written yet.');
}
