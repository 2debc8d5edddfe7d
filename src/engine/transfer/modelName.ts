/**
 * A name for a model that has none but that of the place it lies in: of the characters that a hub's ids
 * have, because it becomes a part of keys, names and headers.
 */
export function modelName(text: string): string {
  const words = text.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  return words.slice(0, 96) || 'model';
}
