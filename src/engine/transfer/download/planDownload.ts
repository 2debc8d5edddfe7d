import type { Check } from '../../checks';
import { formatBytes, planDisk, storageConcern } from '../../disk';
import type { DiskPlan } from '../../disk';
import type { Environment } from '../../environment';
import { BedrockImportError } from '../../errors';
import type { HubClient, HubFile } from '../../hub';
import { ByteRanges } from './byteRanges';
import { findBySize } from './cacheEntry';
import { blobName, blobsFolder, placesOf } from './cacheLayout';
import type { CachedModel } from './cacheLayout';
import { downloadRequest } from './downloadRequest';
import type { Downloadable, DownloadRequest } from './downloadRequest';
import { RangeRecord } from './rangeRecord';

export interface PlannedDownload {
  path: string;
  sizeBytes: number;
  /** `cached` goes by name and size; the hash is looked at when the file is used. */
  state: 'cached' | 'partial' | 'missing';
  /** Bytes that have to come from the hub. */
  bytesToDownload: number;
}

/** Plain data: what a download will do and whether the disk has room for it. */
export interface DownloadPlan {
  cacheFolder: string;
  modelId: string;
  commitSha: string;
  files: PlannedDownload[];
  totalBytes: number;
  cachedBytes: number;
  bytesToDownload: number;
  /** `bytesToDownload × 1.05 + 2 GB`; 0 when nothing has to come. */
  requiredBytes: number;
  availableBytes: number;
  /** `disk` when there is room, else only `stream`, which needs none. */
  route: 'disk' | 'stream';
  disk: DiskPlan;
  checks: Check[];
}

export interface PlanDownloadOptions {
  /** Absolute; see `hubCacheFolder`. */
  cacheFolder: string;
  /** Makes the next steps those of the host. */
  environment?: Environment;
  signal?: AbortSignal;
}

/**
 * Looks at the cache and the disk and changes nothing.
 *
 * @throws BedrockImportError `DISK_UNREADABLE`, `HUB_LISTING_INVALID`, and those of the hub for a plan
 *   with rewritten texts
 */
export async function planDownload(
  context: { hub: HubClient },
  what: Downloadable,
  options: PlanDownloadOptions
): Promise<DownloadPlan> {
  const request = await downloadRequest(context.hub, what, options.signal);
  return await planRequest(request, options);
}

export async function planRequest(
  request: DownloadRequest,
  options: PlanDownloadOptions
): Promise<DownloadPlan> {
  const { cacheFolder, environment } = options;
  const { id: modelId, commitSha } = request.model;
  const cache: CachedModel = { cacheFolder, modelId, commitSha };
  const counted = new Set<string>();
  const files: PlannedDownload[] = [];
  for (const file of request.files) {
    const planned = await planFile(cache, file);
    // Files with the same content are one blob.
    const again = counted.has(blobName(file));
    counted.add(blobName(file));
    files.push(again ? { ...planned, bytesToDownload: 0 } : planned);
  }
  const totalBytes = sum(files, ({ sizeBytes }) => sizeBytes);
  const bytesToDownload = sum(files, file => file.bytesToDownload);
  const disk = await planDisk({
    sizeBytes: bytesToDownload,
    // A model's folder may be a link to another disk than the cache.
    path: blobsFolder(cache),
    // Of each file: blob, record, link and lock; and the folders around them.
    newEntries: bytesToDownload === 0 ? 0 : 4 * files.length + 10,
    environment
  });
  const fits = bytesToDownload === 0 || disk.fits;
  return {
    cacheFolder,
    modelId,
    commitSha,
    files,
    totalBytes,
    cachedBytes: totalBytes - bytesToDownload,
    bytesToDownload,
    requiredBytes: bytesToDownload === 0 ? 0 : disk.requiredBytes,
    availableBytes: disk.availableBytes,
    route: fits ? 'disk' : 'stream',
    disk,
    checks: [roomCheck(bytesToDownload, fits, disk), ...placeChecks(disk)]
  };
}

/**
 * Refuses a download that the disk has no room for, before anything is written.
 *
 * @throws BedrockImportError `DISK_TOO_SMALL`, of kind `blocked`
 */
export function requireRoom(plan: DownloadPlan): void {
  if (plan.route === 'disk') {
    return;
  }
  const { disk, requiredBytes, availableBytes } = plan;
  throw new BedrockImportError({
    code: 'DISK_TOO_SMALL',
    message: `The download needs ${requiredBytes} bytes (${formatBytes(requiredBytes)}) and ${availableBytes} bytes (${formatBytes(availableBytes)}) are available. ${disk.explanation}`,
    subject: plan.cacheFolder,
    nextStep: nextStep(disk),
    kind: 'blocked'
  });
}

async function planFile(cache: CachedModel, file: HubFile): Promise<PlannedDownload> {
  const { path, sizeBytes } = file;
  const places = placesOf(cache, file);
  if ((await findBySize(places, file)) !== undefined) {
    return { path, sizeBytes, state: 'cached', bytesToDownload: 0 };
  }
  const ranges = await RangeRecord.peek(places.ranges, blobName(file), sizeBytes);
  const bytesThere = new ByteRanges(ranges).totalBytes;
  return {
    path,
    sizeBytes,
    state: bytesThere === 0 ? 'missing' : 'partial',
    bytesToDownload: sizeBytes - bytesThere
  };
}

function roomCheck(bytesToDownload: number, fits: boolean, disk: DiskPlan): Check {
  const why =
    'With the files on this machine as well, all bytes that are not in the cache yet have to fit on its disk.';
  return fits
    ? {
        id: 'download-fits',
        verdict: 'ok',
        found: bytesToDownload === 0 ? 'The cache holds all files already' : disk.explanation,
        why
      }
    : {
        id: 'download-fits',
        verdict: 'blocker',
        found: disk.explanation,
        why,
        nextStep: nextStep(disk)
      };
}

function placeChecks(disk: DiskPlan): Check[] {
  const concern = storageConcern(disk.usage);
  return concern === undefined
    ? []
    : [
        {
          id: 'download-place',
          verdict: 'warning',
          found: concern,
          why: 'The files are kept there for other tools, and are read from there on their way to S3.',
          nextStep: 'Choose a cache folder on a disk, or copy without the disk.'
        }
      ];
}

function nextStep(disk: DiskPlan): string {
  return disk.nextSteps.join(' ');
}

function sum<T>(list: readonly T[], value: (item: T) => number): number {
  return list.reduce((total, item) => total + value(item), 0);
}
