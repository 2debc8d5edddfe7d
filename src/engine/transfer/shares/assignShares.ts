import { createHash } from 'node:crypto';
import { BedrockImportError } from '../../errors';
import { sourceLabel } from '../planSource';
import type { CopyPlan, PlannedFile } from '../types';

/** Workers on one plan, at most. Each asks S3 for the others' records while it waits. */
export const MAX_SHARES = 100;

/** One of `of` equal shares of a plan, counted from 1. */
export interface Share {
  share: number;
  of: number;
}

/**
 * `K/N`, as in `3/8`.
 *
 * @throws BedrockImportError `SHARE_INVALID`, of kind `usage`
 */
export function parseShare(text: string): Share {
  const [, share, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(text.trim()) ?? [];
  return requireShare({ share: Number(share), of: Number(of) }, text);
}

export function requireShare({ share, of }: Share, text = `${share}/${of}`): Share {
  if (!Number.isInteger(share) || !Number.isInteger(of) || share < 1 || share > of) {
    throw shareInvalid(text, 'is not a share of a plan');
  }
  if (of > MAX_SHARES) {
    throw shareInvalid(text, `asks for more than ${MAX_SHARES} shares`);
  }
  return { share, of };
}

function shareInvalid(text: string, what: string): BedrockImportError {
  return new BedrockImportError({
    code: 'SHARE_INVALID',
    message: `"${text.slice(0, 40)}" ${what}.`,
    nextStep: 'Give K/N with 1 ≤ K ≤ N, such as 3/8; each worker gets another K and the same N.',
    kind: 'usage'
  });
}

/** Requests that a file takes when nothing of it is there; each of them belongs to one share. */
export function requestsOf(file: PlannedFile): number {
  return file.action === 'copy' && file.method === 'multipart' ? file.partCount : 1;
}

/**
 * Who sends what. Every worker computes the same from the same plan, so that nobody has to hand out
 * work: requests are dealt like cards, over all files, which makes shares equal for one large file as
 * well as for thousands of small ones.
 */
export class ShareAssignment {
  /** The first request of each file in the count over all files. */
  private readonly firstRequest = new Map<string, number>();

  constructor(
    plan: CopyPlan,
    readonly of: number
  ) {
    let count = 0;
    for (const file of plan.files) {
      if (file.action !== 'skip') {
        this.firstRequest.set(file.path, count);
        count += requestsOf(file);
      }
    }
  }

  /** The share, from 1, that sends this part (0-based). */
  senderOf(file: PlannedFile, index: number): number {
    return (((this.firstRequest.get(file.path) ?? 0) + index) % this.of) + 1;
  }

  /** The share that opens the file's upload, completes it and proves the object: the one with its first part. */
  ownerOf(file: PlannedFile): number {
    return this.senderOf(file, 0);
  }

  /** The parts (0-based) that a share sends. */
  partsOf(file: PlannedFile, share: number): number[] {
    const requests = file.action === 'skip' ? 0 : requestsOf(file);
    const first = this.senderOf(file, 0);
    const parts: number[] = [];
    for (let index = (share - first + this.of) % this.of; index < requests; index += this.of) {
      parts.push(index);
    }
    return parts;
  }
}

/** Tells whether two workers hold the same plan. */
export function planIdentity(plan: CopyPlan): string {
  const { bucket, prefix, region } = plan.destination;
  const files = plan.files.map(file => [
    file.key,
    file.sizeBytes,
    file.sha256 ?? file.gitOid ?? null,
    file.action,
    file.partSizeBytes,
    file.content ?? null,
    file.proof?.etag ?? null
  ]);
  return createHash('sha256')
    .update(JSON.stringify([sourceLabel(plan.source), bucket, prefix, region, files]))
    .digest('hex');
}
