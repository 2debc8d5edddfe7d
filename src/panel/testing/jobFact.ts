import type { JobFact } from '../../protocol';

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
