import { BedrockImportError, reviewImport } from '../../engine';
import type { ImportOptions, ImportReview } from '../../engine';
import { displayedAs, withCellSignal } from '../display';
import type { Displayed } from '../display';
import { currentSession } from '../session';
import { reviewView } from '../views';
import { downloadChecks } from './downloadChecks';

/** As for `reviewImport`; model, bucket and role are those of `connect()` where none are given. */
export type ReviewModelOptions = Partial<ImportOptions>;

/**
 * Looks at everything that an import needs and says what it will do and cost. Changes nothing. As the last
 * value of a cell it is shown; `importModel` takes it.
 *
 * @throws BedrockImportError `CELL_ORDER`, `BUCKET_MISSING`, `ROLE_MISSING`, and those of `reviewImport`
 */
export async function reviewModel(
  options: ReviewModelOptions = {}
): Promise<ImportReview & Displayed> {
  const session = currentSession();
  const ofSession = options.createRole === true ? undefined : session.roleArn;
  const signal = withCellSignal(options.signal);
  try {
    const reviewed = await reviewImport(session.context, {
      ...options,
      model: options.model ?? session.model,
      bucket: requireBucket(options.bucket ?? session.bucket),
      roleArn: (options.roleArn ?? ofSession) || undefined,
      signal
    });
    const ofDisk = await downloadChecks(session.context, reviewed.plan, signal);
    const review: ImportReview & Displayed = displayedAs(
      { ...reviewed, checks: [...reviewed.checks, ...ofDisk] },
      () => reviewView(review)
    );
    return review;
  } catch (error) {
    throw error instanceof BedrockImportError && error.code === 'ROLE_MISSING'
      ? new BedrockImportError({
          ...error.toJSON(),
          nextStep:
            'Give { roleArn } of a role that Bedrock can assume, here or in connect(), or { createRole: true }.',
          cause: error
        })
      : error;
  }
}

/** @throws BedrockImportError `BUCKET_MISSING` */
export function requireBucket(bucket: string | undefined): string {
  if (bucket === undefined || bucket === '') {
    throw new BedrockImportError({
      code: 'BUCKET_MISSING',
      message: 'The model goes through a bucket in S3, and none is named.',
      nextStep: 'Give { bucket }, here or in connect().',
      kind: 'usage'
    });
  }
  return bucket;
}
