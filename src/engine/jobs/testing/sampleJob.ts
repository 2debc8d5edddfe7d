import type { StoredTransfer } from '../jobFile';

/** A copy of one file, as job.json keeps it. */
export function sampleJob(id: string, changes: Partial<StoredTransfer> = {}): StoredTransfer {
  return {
    version: 1,
    id,
    kind: 'copy',
    title: `Copy ${id}`,
    createdAt: '2026-11-22T10:00:00.000Z',
    plannedAt: '2026-11-22T10:00:00.000Z',
    source: 'trial/tiny',
    destination: 's3://bucket/tiny/',
    plan: {
      version: 1,
      source: { kind: 'hub', endpoint: 'https://hub', modelId: 'trial/tiny', commitSha: 'a' },
      destination: { bucket: 'bucket', prefix: 'tiny/', region: 'us-east-1' },
      files: [],
      leftOut: [],
      rewrites: [],
      totalBytes: 0,
      bytesToMove: 0,
      alreadyThere: 0,
      conflicts: [],
      checks: []
    },
    settings: {},
    checks: [],
    ...changes
  };
}
