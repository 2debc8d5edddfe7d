/**
 * `npm run soak -- [--runs 100] [--seed 1]`: the fault suite for as long as you like. Each run prints
 * its seed; a seed makes the same faults again.
 */
import { parseArgs } from 'node:util';
import process from 'node:process';

import { nodeProgram, run } from './processes.mjs';
import { setUpOrExit } from './setup.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) }
  }
});
for (const [name, text] of Object.entries(values)) {
  if (!/^\d{1,10}$/.test(text)) {
    process.stderr.write(`--${name} takes a whole number, not ${text}\n`);
    process.exit(2);
  }
}

await setUpOrExit();
process.stdout.write(`${values.runs} runs from seed ${values.seed}\n`);
const { code } = await run(
  [...nodeProgram('jest/bin/jest.js'), 'src/engine/testing/faults/faults.spec.ts', '--verbose'],
  {
    env: {
      ...process.env,
      BEDROCK_IMPORT_FAULT_RUNS: values.runs,
      BEDROCK_IMPORT_FAULT_SEED: values.seed
    }
  }
);
process.exitCode = code;
