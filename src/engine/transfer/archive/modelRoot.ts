const CONFIG = 'config.json';

/**
 * The folder of an archive that holds the model: the topmost one with a config.json, where there is
 * only one, or only one that holds weights too. Empty, or ends with `/`.
 */
export function modelRootOf(paths: readonly string[]): string {
  const folders = paths
    .filter(path => path === CONFIG || path.endsWith(`/${CONFIG}`))
    .map(path => path.slice(0, -CONFIG.length));
  const top = Math.min(...folders.map(depthOf));
  const candidates = folders.filter(folder => depthOf(folder) === top);
  const withWeights = candidates.filter(folder =>
    paths.some(path => path.startsWith(folder) && isWeights(path.slice(folder.length)))
  );
  const [root, another] = withWeights.length > 0 ? withWeights : candidates;
  return root === undefined || another !== undefined ? '' : root;
}

function depthOf(folder: string): number {
  return folder.split('/').length;
}

function isWeights(path: string): boolean {
  return /^[^/]+\.safetensors$/.test(path);
}

/** What SageMaker calls every archive and the folders around it; none of it names the model. */
const NAMELESS = /^(model|output|artifacts?|archive|data)$/i;

/** What the model is called where a name is needed, from the archive's place in S3. */
export function modelNameOf(bucket: string, key: string): string {
  const segments = key
    .replace(/(\.tar)?(\.gz)?$|\.tgz$/i, '')
    .split('/')
    .filter(segment => segment !== '');
  return segments.findLast(segment => !NAMELESS.test(segment)) ?? bucket;
}
