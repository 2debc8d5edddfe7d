import { hubCacheFolder } from '../cache';
import { deviceOf, planDisk, planVolume, readDiskUsage } from '../disk';
import type { DiskPlan, DiskUsage, VolumePlan, VolumeStep } from '../disk';
import type { Environment } from '../environment';
import { findRoomMakers } from './roomMakers';
import type { RoomMaker } from './roomMakers';

export interface DiskReport {
  plan: DiskPlan;
  /** Where tools put the large files of a model: the Hugging Face cache. Absolute. */
  folder: string;
  /** Whether that lies on the disk that the plan is for. */
  folderOnDisk: boolean;
  /** What could be freed on the disk of the plan, the largest first. */
  roomMakers: RoomMaker[];
  /** It fits, or will when all of that is freed. */
  fitsAfterFreeing: boolean;
  /** Missing where the file system grows by itself. */
  volume?: Omit<VolumePlan, 'steps'>;
  /** How the volume is enlarged; empty when there is no need to. */
  steps: VolumeStep[];
}

export interface DiskReportOptions {
  /** Of the files. */
  sizeBytes: number;
  /** `org/name` of the model that they are of: what the cache has of it is not offered for deletion. */
  model?: string;
  /** The disk that they are to be on. @default that of the Hugging Face cache */
  path?: string;
  environment: Environment;
  env: Readonly<Record<string, string | undefined>>;
  userId?: number;
  signal?: AbortSignal;
}

/**
 * Whether files fit on a disk, what could be freed to make them fit, and how this very host gets a volume
 * on which they do. Looks at every file of trash and cache, and changes nothing.
 *
 * @throws BedrockImportError `SIZE_INVALID` (usage), `DISK_UNREADABLE`, `CANCELLED`
 */
export async function reportDisk(options: DiskReportOptions): Promise<DiskReport> {
  const { sizeBytes, model, environment, env, userId, signal } = options;
  const { root, homeDirectory, stateDirectory } = environment;
  const folder = hubCacheFolder({ env, homeDirectory });
  const path = options.path ?? folder;
  const plan = await planDisk({ sizeBytes, path, environment });
  const place = { root, homeDirectory, stateDirectory, env, userId };
  const roomMakers = await findRoomMakers(path, place, { keepModel: model, signal });
  const couldFree = roomMakers.reduce((sum, { bytes }) => sum + bytes, 0);
  // Where inodes are short, nobody knows how many deleting frees.
  const onlyBytesAreShort = plan.missingBytes > 0;
  const [device, rootDevice, folderDevice] = await Promise.all([path, root, folder].map(deviceOf));
  const volume = await planFor(sizeBytes, plan.usage, device === rootDevice, environment);
  const elsewhere = device !== rootDevice && environment.host !== 'plain-jupyter';
  return {
    plan,
    folder,
    folderOnDisk: folderDevice === device,
    roomMakers,
    fitsAfterFreeing: plan.fits || (onlyBytesAreShort && couldFree >= plan.missingBytes),
    volume: volume && withoutSteps(volume),
    steps: plan.fits ? [] : [...(elsewhere ? [keepUnderRoot(root)] : []), ...(volume?.steps ?? [])]
  };
}

/** On SageMaker only the volume of the root can be enlarged; elsewhere it is the disk itself. */
async function planFor(
  sizeBytes: number,
  usage: DiskUsage,
  isRootDisk: boolean,
  environment: Environment
): Promise<VolumePlan | undefined> {
  const ofRoot = !isRootDisk && environment.host !== 'plain-jupyter';
  const ofVolume = ofRoot ? await readDiskUsage(environment.root) : usage;
  return ofVolume.unlimited ? undefined : planVolume(sizeBytes, ofVolume, environment);
}

function withoutSteps({ steps: _, ...volume }: VolumePlan): Omit<VolumePlan, 'steps'> {
  return volume;
}

function keepUnderRoot(root: string): VolumeStep {
  return {
    text: `This disk cannot be enlarged and does not last. Let new kernels and terminals keep large files under ${root}:`,
    command: 'bedrock-import cache steer'
  };
}
