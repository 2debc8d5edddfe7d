/** Models of the sandbox's hub that a real hub may have as well, and that nobody wishes for. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { tinyModel } from '../src/engine/cli/testing/tinyModel';

/** Written before all tests, and again when anything changes. */
export const MODELS_FOLDER = join(import.meta.dirname, '..', '.cache', 'ui-tests-models');

export const MARKUP = '<img src=x onerror=window.markupRan=1>';

export const MODELS = {
  /** Complete, with weights that take some seconds at 8 MB/s and connection. */
  slow: 'trial/slow',
  small: 'trial/small',
  /** Larger than any disk here. */
  huge: 'trial/huge',
  /** 5,000 files. */
  many: 'trial/many-files',
  /** A name of 300 characters, and markup wherever a model can have it. */
  strange: 'trial/strange-names',
  gated: 'trial/gated'
} as const;

export const LONG_NAME = `${'long'.repeat(74)}.txt`;

function generated(files: readonly { path: string; sizeBytes: number }[]): string {
  return JSON.stringify({
    generated: files.map((file, index) => ({ ...file, seed: index + 1 }))
  });
}

export function writeModels(): void {
  const small = tinyModel();
  const many = Array.from({ length: 5_000 }, (_, index) => ({
    path: `data/part-${String(index).padStart(4, '0')}.txt`,
    sizeBytes: 1_000 + index
  }));
  const models: Record<string, Record<string, string | Uint8Array>> = {
    [MODELS.small]: small,
    [MODELS.slow]: tinyModel({ shards: 3, paddingBytes: 96 * 2 ** 20 }),
    [MODELS.huge]: {
      ...small,
      '.sandbox.json': '{"lie":{"model.safetensors":{"size":40000000000000}}}'
    },
    [MODELS.many]: { ...small, '.sandbox.json': generated(many) },
    [MODELS.strange]: {
      ...tinyModel({ config: { torch_dtype: MARKUP, architectures: [MARKUP] } }),
      'README.md': `---\nlicense: "${MARKUP}"\n---\n${MARKUP}\n`,
      '.sandbox.json': generated([
        { path: LONG_NAME, sizeBytes: 10 },
        { path: `${MARKUP}.txt`, sizeBytes: 10 }
      ])
    },
    [MODELS.gated]: {
      ...small,
      '.sandbox.json': '{"gated":"manual","tokens":["hf_friend"]}'
    }
  };
  for (const [id, files] of Object.entries(models)) {
    for (const [path, content] of Object.entries(files)) {
      const file = join(MODELS_FOLDER, id, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
}
