import { getCallerIdentity } from '../environment';
import type { CallerIdentity } from '../environment';
import { validateImportedModelName } from '../bedrock';
import type { Check } from '../checks';
import { BedrockImportError, cancelledError } from '../errors';
import {
  checkImportRole,
  defaultRoleName,
  importRolePolicy,
  importRoleTrustPolicy,
  listImportRoles
} from '../iam';
import { inspectModel } from '../model';
import {
  formatS3Uri,
  normalisePrefix,
  openCopySource,
  parseS3Uri,
  planCopy,
  sourceVersion,
  throughCache
} from '../transfer';
import type { CopySource, PlanSource, S3Destination } from '../transfer';
import { COST_NOTES } from './costNotes';
import { chooseImportNames, wantedNames } from './importNames';
import type { EngineContext, ImportOptions, ImportReview } from './types';

/**
 * Looks at everything that an import needs and says what it will do. Changes nothing, here or at AWS.
 *
 * @throws BedrockImportError those of the hub, the bucket and the credentials; `ROLE_MISSING` when no
 *   role is named; `IMPORT_NAME_INVALID`. What only speaks against the import is a check of the review.
 */
export async function reviewImport(
  context: EngineContext,
  options: ImportOptions
): Promise<ImportReview> {
  const { signal } = options;
  if (options.importedModelName !== undefined) {
    validateImportedModelName(options.importedModelName);
  }
  const { bucket } = parseS3Uri(`s3://${options.bucket}`);
  if (options.prefix !== undefined) {
    normalisePrefix(options.prefix);
  }
  const { aws } = context;
  const opened = await openCopySource(context, options.model, {
    onArchive: options.onArchive,
    signal
  });
  const source = sourceOf(opened, options.cacheFolder);
  const inspection = await inspectModel(opened.files, { region: aws.region, signal });
  const identity = await getCallerIdentity(aws, { signal });
  const destination = chooseDestination(bucket, options.prefix, source);
  const s3Uri = formatS3Uri(destination);
  const plan = await planCopy(context, {
    inspection,
    source,
    destination,
    chatTemplate: options.chatTemplate,
    account: identity.account,
    signal
  });
  const role = await reviewRole(context, options, destination, identity);
  const chosen = await chooseImportNames(
    aws,
    wantedNames({
      modelId: source.modelId,
      commitSha: sourceVersion(source),
      s3Uri,
      chatTemplate: options.chatTemplate,
      importedModelName: options.importedModelName
    }),
    signal
  );
  return {
    inspection,
    plan,
    identity,
    role: role.review,
    names: chosen.names,
    ...(options.importedModelName === undefined
      ? {}
      : { requestedName: options.importedModelName }),
    s3Uri,
    ...(chosen.existing === undefined ? {} : { existing: chosen.existing }),
    checks: [...inspection.checks, ...plan.checks, ...role.checks, ...chosen.checks],
    costNotes: [...COST_NOTES]
  };
}

/** A model of the hub may go through the disk; every other source is where it is. */
function sourceOf({ source, files }: CopySource, cacheFolder: string | undefined): PlanSource {
  return cacheFolder === undefined || source.kind !== 'hub'
    ? source
    : throughCache(source, cacheFolder, files.model.requestedRevision);
}

/** The version is a part of the default prefix, so that two revisions never share a folder. */
function chooseDestination(
  bucket: string,
  prefix: string | undefined,
  source: PlanSource
): S3Destination {
  const version = sourceVersion(source).slice(0, 12);
  // A folder may be called what no prefix can.
  const name = source.modelId.replace(/[^-!_*'().a-zA-Z0-9/]+/g, '-');
  return { bucket, prefix: normalisePrefix(prefix ?? `bedrock-import/${name}/${version}`) };
}

async function reviewRole(
  context: EngineContext,
  options: ImportOptions,
  destination: S3Destination,
  identity: CallerIdentity
): Promise<{ review: ImportReview['role']; checks: Check[] }> {
  const { aws } = context;
  const inputs = {
    account: identity.account,
    partition: identity.partition,
    region: aws.region,
    bucket: destination.bucket
  };
  if (options.roleArn !== undefined) {
    const checks = await checkImportRole(aws, {
      ...inputs,
      prefix: destination.prefix,
      roleArn: options.roleArn,
      signal: options.signal
    });
    return { review: { action: 'use', roleArn: options.roleArn }, checks };
  }
  if (options.createRole === true) {
    return {
      review: {
        action: 'create',
        roleName: defaultRoleName(destination.bucket),
        policies: { trust: importRoleTrustPolicy(inputs), permissions: importRolePolicy(inputs) }
      },
      checks: []
    };
  }
  throw await roleMissing(context, identity, options.signal);
}

async function roleMissing(
  context: EngineContext,
  identity: CallerIdentity,
  signal: AbortSignal | undefined
): Promise<BedrockImportError> {
  const { account, partition } = identity;
  const roles = await listImportRoles(context.aws, { account, partition, signal }).catch(() => []);
  if (signal?.aborted) {
    return cancelledError();
  }
  const known = roles.slice(0, 3).map(({ roleArn }) => roleArn);
  return new BedrockImportError({
    code: 'ROLE_MISSING',
    message: 'Bedrock needs a role to read the model from S3, and none was named.',
    nextStep:
      known.length > 0
        ? `Pass --role with one that Bedrock can assume (${known.join(', ')}), or --create-role.`
        : 'Pass --create-role, or --role with the ARN of a role that Bedrock can assume.',
    kind: 'usage'
  });
}
