import { paginateListObjectsV2 } from '@aws-sdk/client-s3';

import {
  BedrockImportError,
  formatBytes,
  formatS3Uri,
  getImportedModel,
  MANIFEST_NAME,
  parseS3Uri,
  readManifest,
  throwIfCancelled,
  toAwsError
} from '../../engine';
import type { AwsClients, ImportedModel, Manifest, S3Destination } from '../../engine';
import { counted } from '../../engine/cli/text/layout';
import { details, displayedAs, heading, note, stack, table, withCellSignal } from '../display';
import type { Displayed, View } from '../display';
import { currentSession } from '../session';
import { modelView } from '../views';

/** An object in S3. */
export interface StoredObject {
  key: string;
  sizeBytes: number;
  /** With its quotes. */
  etag: string;
}

/** What there is of an import, and what of it would be deleted. */
export interface CleanUpPlan {
  destination: S3Destination;
  /** Missing when there is no such model, or none any more. */
  model?: ImportedModel;
  /** Objects that the manifest names and that nobody has changed since, and the manifest, which is the last. */
  objects: StoredObject[];
  /** Objects under the prefix that are not known to be the copy's; they stay. */
  others: StoredObject[];
}

const shown = new WeakSet<CleanUpPlan>();

/** Whether somebody has had this plan before their eyes. */
export function wasPlanShown(plan: CleanUpPlan): boolean {
  return shown.has(plan);
}

export interface CleanUpOptions {
  /** ARN or name of the imported model. */
  model?: string;
  /** `s3://bucket/prefix/` of the model's files. */
  s3Uri: string;
  signal?: AbortSignal;
}

/**
 * What an import has made, for `cleanUp`: the imported model, and the objects that the copy's manifest proves
 * to be its own. Changes nothing; as the last value of a cell it shows what would be deleted.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, and those of `toAwsError`
 */
export async function planCleanUp(options: CleanUpOptions): Promise<CleanUpPlan & Displayed> {
  const { aws } = currentSession().context;
  const signal = withCellSignal(options.signal);
  const destination = parseS3Uri(options.s3Uri);
  const [model, manifest, stored] = await Promise.all([
    options.model === undefined ? undefined : findModel(aws, options.model, signal),
    readManifest(aws.s3, destination, signal),
    listStored(aws, destination, signal)
  ]);
  const plan: CleanUpPlan = { destination, model, ...sorted(stored, destination, manifest) };
  return displayedAs(plan, () => planView(plan));
}

export async function findModel(
  aws: AwsClients,
  model: string,
  signal: AbortSignal | undefined
): Promise<ImportedModel | undefined> {
  try {
    return await getImportedModel(aws, model, { signal });
  } catch (error) {
    if (error instanceof BedrockImportError && error.code === 'MODEL_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}

/** Every object under a prefix. */
export async function listStored(
  aws: AwsClients,
  { bucket, prefix }: S3Destination,
  signal: AbortSignal | undefined
): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  try {
    const pages = paginateListObjectsV2(
      { client: aws.s3, stopOnSameToken: true },
      { Bucket: bucket, Prefix: prefix },
      { abortSignal: signal }
    );
    for await (const { Contents = [] } of pages) {
      objects.push(
        ...Contents.map(({ Key = '', Size = 0, ETag = '' }) => ({
          key: Key,
          sizeBytes: Size,
          etag: ETag
        }))
      );
    }
  } catch (error) {
    throwIfCancelled(signal, bucket, error);
    throw toAwsError(error, { action: 's3:ListBucket', subject: bucket });
  }
  return objects;
}

/** A key alone proves nothing: the object must be the one that the copy has proved. */
function sorted(
  stored: readonly StoredObject[],
  { prefix }: S3Destination,
  manifest: Manifest | undefined
): Pick<CleanUpPlan, 'objects' | 'others'> {
  const proved = new Map(manifest?.files.map(({ key, etag }) => [key, etag]));
  const manifestKey = prefix + MANIFEST_NAME;
  const isOurs = ({ key, etag }: StoredObject): boolean =>
    key === manifestKey
      ? manifest !== undefined
      : key.startsWith(prefix) && proved.get(key) === etag;
  const ours = stored.filter(isOurs);
  return {
    // While the manifest is there, a deletion that broke off can be gone on with.
    objects: [
      ...ours.filter(({ key }) => key !== manifestKey),
      ...ours.filter(({ key }) => key === manifestKey)
    ],
    others: stored.filter(object => !isOurs(object))
  };
}

export function planView(plan: CleanUpPlan): View {
  shown.add(plan);
  const { destination, model, objects, others } = plan;
  const where = formatS3Uri(destination);
  if (model === undefined && objects.length === 0) {
    return stack(
      note(`Nothing is left to delete under ${where}.`, { tone: 'ok' }),
      staying(others)
    );
  }
  return stack(
    heading('Would be deleted'),
    model === undefined ? note('No imported model.', { tone: 'faint' }) : modelView(model),
    note(`${counted(objects.length, 'object')}, ${formatBytes(bytesOf(objects))}, under ${where}`),
    table(
      objects.map(({ key, sizeBytes }) => [
        key.slice(destination.prefix.length),
        formatBytes(sizeBytes)
      ]),
      { head: ['Object', 'Size'], columns: ['left', 'right'], empty: 'No object.' }
    ),
    staying(others)
  );
}

export function bytesOf(objects: readonly StoredObject[]): number {
  return objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function staying(others: readonly StoredObject[]): View | false {
  return (
    others.length > 0 &&
    details(
      `Stays, because it is not known to be of this copy: ${counted(others.length, 'object')}`,
      table(others.map(({ key, sizeBytes }) => [key, formatBytes(sizeBytes)]))
    )
  );
}
