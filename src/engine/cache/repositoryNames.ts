/** What a folder of the hub's cache holds. */
export type CachedType = 'model' | 'dataset' | 'space';

const TYPES: ReadonlyMap<string, CachedType> = new Map([
  ['models', 'model'],
  ['datasets', 'dataset'],
  ['spaces', 'space']
]);

/**
 * The repository that a folder of the cache is of: `models--org--name`, as huggingface_hub names it.
 *
 * @returns undefined for a folder that is of none
 */
export function repositoryOf(folder: string): { type: CachedType; name: string } | undefined {
  const [prefix = '', ...parts] = folder.split('--');
  const type = TYPES.get(prefix);
  // The hub allows no `--` in names, so that there are one or two parts.
  const isName = parts.length > 0 && parts.length <= 2 && parts.every(isPart);
  return type !== undefined && isName ? { type, name: parts.join('/') } : undefined;
}

export function folderOf(type: CachedType, name: string): string {
  return [`${type}s`, ...name.split('/')].join('--');
}

function isPart(part: string): boolean {
  return /^[\w.-]+$/.test(part) && part !== '.' && part !== '..';
}
