import type { JobDetails, JobFact } from '../../../protocol';

export function jobFact(changes: Partial<JobFact> = {}): JobFact {
  return {
    id: 'import-model',
    kind: 'import',
    title: 'Import maker/model as model',
    state: 'running',
    stage: 'copy',
    createdAt: '2026-11-28T10:00:00.000Z',
    updatedAt: '2026-11-28T10:00:00.000Z',
    source: 'maker/model',
    destination: 's3://bucket/model/',
    progress: { totalBytes: 1_000_000, movedBytes: 420_000, bytesPerSecond: 10_000 },
    ...changes
  };
}

export function jobDetails(changes: Partial<JobDetails> = {}): JobDetails {
  return {
    ...jobFact(),
    stages: [
      { stage: 'check', state: 'done' },
      { stage: 'copy', state: 'start' },
      { stage: 'import', state: 'pending' }
    ],
    files: [
      { path: 'config.json', sizeBytes: 500 },
      { path: 'model.safetensors', sizeBytes: 999_500 }
    ],
    checks: [],
    lastSeq: 0,
    runsElsewhere: false,
    ...changes
  };
}
