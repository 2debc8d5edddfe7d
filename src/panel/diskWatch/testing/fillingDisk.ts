import { getDisk, listJobs } from '../../../protocol';
import type { DiskSpace, JobFact } from '../../../protocol';
import { FakeEngine } from '../../testing/fakeEngine';
import { jobFact } from '../../testing/jobFact';

export const DISK: DiskSpace = {
  path: '/home/ec2-user/SageMaker',
  totalBytes: 100e9,
  usedBytes: 40e9,
  availableBytes: 60e9,
  reservedBytes: 0,
  unlimited: false
};

/** An engine on a disk that a test fills. */
export class FillingDisk {
  disk: DiskSpace = DISK;
  jobs: JobFact[] = [];
  readonly engine = new FakeEngine()
    .onQuery(getDisk, () => this.disk)
    .onQuery(listJobs, () => this.jobs);

  leave(availableBytes: number): void {
    this.disk = { ...DISK, availableBytes, usedBytes: DISK.totalBytes - availableBytes };
  }

  /** How often the disk was looked at. */
  get looks(): number {
    return this.engine.sent.filter(({ method }) => method === getDisk.method).length;
  }
}

export function copying(secondsLeft?: number): JobFact {
  return jobFact({
    progress: { totalBytes: 1e12, movedBytes: 1e9, bytesPerSecond: 1e8, secondsLeft }
  });
}
