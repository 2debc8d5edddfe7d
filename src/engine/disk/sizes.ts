export function parseSize(_text: string): number {
  throw new Error('Not written yet.');
}

export function formatBytes(_bytes: number): string {
  throw new Error('Not written yet.');
}
