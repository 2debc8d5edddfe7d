import { join } from 'node:path';
import { bundleEngine } from '../../cli/testing/bundledCommand';
import { tinyModel } from '../../cli/testing/tinyModel';
import { runFaults } from './faultRun';
import { faultSchedule } from './schedule';

const COMMAND = join(__dirname, '..', '..', '..', '..', '.venv', 'bin', 'bedrock-import');
const RUNS = Number(process.env['BEDROCK_IMPORT_FAULT_RUNS'] ?? 4);
const FIRST_SEED = Number(process.env['BEDROCK_IMPORT_FAULT_SEED'] ?? 20261122);
const LIMIT_MS = 600_000;

beforeAll(() => bundleEngine(), 60_000);

describe('the whole job, through faults', () => {
  it.each(Array.from({ length: RUNS }, (_, index) => FIRST_SEED + index))(
    'ends bit-identical with seed %d',
    async seed => {
      const report = await runFaults({
        schedule: faultSchedule(seed),
        model: tinyModel({ shards: 3, paddingBytes: 60e6 }),
        command: COMMAND
      });
      expect(report).toMatchObject({ problems: [] });
    },
    LIMIT_MS
  );
});
