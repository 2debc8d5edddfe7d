import type { Variables } from './types';
import { STEERING_VARIABLES } from './types';

/**
 * A Python cell that makes a running kernel's variables those of an environment. JSON's strings are
 * Python's, too, as long as they hold no slash that is escaped, which JSON.stringify never writes.
 */
export function steeringCell(env: Variables): string {
  const set = STEERING_VARIABLES.filter(name => env[name] !== undefined);
  const unset = STEERING_VARIABLES.filter(name => env[name] === undefined);
  return [
    '# Run this before the first import: huggingface_hub, transformers, datasets and other libraries',
    '# that are imported already keep the old folders until the kernel is shut down.',
    'import os',
    'import tempfile',
    '',
    'os.environ.update({',
    ...set.map(name => `    ${JSON.stringify(name)}: ${JSON.stringify(env[name])},`),
    '})',
    `for name in [${unset.map(name => JSON.stringify(name)).join(', ')}]:`,
    '    os.environ.pop(name, None)',
    '# Python looks for the folder of temporary files once.',
    'tempfile.tempdir = None',
    ''
  ].join('\n');
}
