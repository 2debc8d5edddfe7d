import { BedrockImportError, getCallerIdentity } from '../../engine';
import type { CallerIdentity, PolicyInputs } from '../../engine';
import { withCellSignal } from '../display';
import { currentSession } from '../session';

/** What the engine's policies are filled in with, for the account, Region and bucket of `connect()`. */
export type SessionPolicyInputs = PolicyInputs & { partition: string };

/**
 * @param options.bucket - @default that of `connect()`
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `BUCKET_MISSING`, and those of
 *   `getCallerIdentity`
 */
export async function policyInputs(
  options: { bucket?: string; signal?: AbortSignal } = {}
): Promise<SessionPolicyInputs> {
  const session = currentSession();
  const bucket = options.bucket ?? session.bucket;
  if (bucket === undefined) {
    throw new BedrockImportError({
      code: 'BUCKET_MISSING',
      message: 'The policies are about one bucket, and none is named.',
      nextStep: 'Name one in the first cell: connect({ bucket: "…" }).',
      kind: 'usage'
    });
  }
  const { account, partition } = await sessionIdentity(withCellSignal(options.signal));
  const { roleArn, context } = session;
  return {
    account,
    partition,
    region: context.aws.region,
    bucket,
    ...(roleArn === undefined ? {} : { roleArn })
  };
}

/** Who the cells act as. */
export async function sessionIdentity(signal: AbortSignal | undefined): Promise<CallerIdentity> {
  const { identity, context } = currentSession();
  return identity ?? (await getCallerIdentity(context.aws, { signal }));
}
