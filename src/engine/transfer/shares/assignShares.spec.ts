import fc from 'fast-check';
import { layOutParts, MiB } from '../partSize';
import type { CopyPlan, PlannedFile } from '../types';
import { MAX_SHARES, parseShare, planIdentity, requestsOf, ShareAssignment } from './assignShares';

function planned(path: string, sizeBytes: number, more: Partial<PlannedFile> = {}): PlannedFile {
  return { path, key: `m/${path}`, sizeBytes, action: 'copy', ...layOutParts(sizeBytes), ...more };
}

function planOf(files: PlannedFile[]): CopyPlan {
  return {
    version: 1,
    source: { kind: 'hub', endpoint: 'https://hub', modelId: 'o/m', commitSha: 'c'.repeat(40) },
    destination: { bucket: 'b', prefix: 'm/', region: 'us-east-1' },
    files,
    leftOut: [],
    rewrites: [],
    totalBytes: 0,
    bytesToMove: 0,
    alreadyThere: 0,
    conflicts: [],
    checks: []
  };
}

const anyPlan = fc
  .array(
    fc.record({
      sizeBytes: fc.oneof(
        fc.nat(40),
        fc.nat(2000).map(n => n * MiB + 7)
      ),
      action: fc.constantFrom('copy' as const, 'write' as const, 'prove' as const, 'skip' as const)
    }),
    { minLength: 1, maxLength: 30 }
  )
  .map(files => planOf(files.map((f, i) => planned(`f${i}`, f.sizeBytes, { action: f.action }))));

describe('shares of a plan', () => {
  it('give every request to one worker, and about the same number to each', () => {
    fc.assert(
      fc.property(anyPlan, fc.integer({ min: 1, max: MAX_SHARES }), (plan, of) => {
        const assignment = new ShareAssignment(plan, of);
        const counts = new Array<number>(of).fill(0);
        for (const file of plan.files) {
          const seen = new Set<number>();
          for (let share = 1; share <= of; share++) {
            const parts = assignment.partsOf(file, share);
            parts.forEach(index => {
              expect(assignment.senderOf(file, index)).toBe(share);
              expect(seen.has(index)).toBe(false);
              seen.add(index);
            });
            counts[share - 1] = (counts[share - 1] ?? 0) + parts.length;
          }
          expect(seen.size).toBe(file.action === 'skip' ? 0 : requestsOf(file));
          if (file.action !== 'skip') {
            expect(assignment.partsOf(file, assignment.ownerOf(file))[0]).toBe(0);
          }
        }
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      })
    );
  });

  it('are told apart by what the plan does, not by when it was made', () => {
    const files = [planned('a', 3), planned('b', 40 * MiB)];
    const id = planIdentity(planOf(files));
    expect(planIdentity(planOf(structuredClone(files)))).toBe(id);
    expect(planIdentity(planOf([planned('a', 4), planned('b', 40 * MiB)]))).not.toBe(id);
    expect(
      planIdentity(planOf([planned('a', 3), planned('b', 40 * MiB, { sha256: 'x' })]))
    ).not.toBe(id);
  });

  it('are read from K/N', () => {
    expect(parseShare('3/8')).toEqual({ share: 3, of: 8 });
    expect(parseShare(' 1/1 ')).toEqual({ share: 1, of: 1 });
  });

  it.each(['', '3', '0/8', '9/8', '1/101', '-1/2', '1/0', '1.5/2', '3/8/9', 'a/b', '00001/2'])(
    'refuse "%s"',
    text => {
      expect(() => parseShare(text)).toThrow(
        expect.objectContaining({ code: 'SHARE_INVALID', kind: 'usage' })
      );
    }
  );
});
