import type { HostKind, HostSource } from './types';

const METADATA_FILE = '/opt/ml/metadata/resource-metadata.json';
const NOTEBOOK_INSTANCE_ROOT = '/home/ec2-user/SageMaker';
const STUDIO_ROOT = '/home/sagemaker-user';

/** What SageMaker writes about the machine into `resource-metadata.json`. */
export interface ResourceMetadata {
  AppType?: string;
  DomainId?: string;
  SpaceName?: string;
  UserProfileName?: string;
  ExecutionRoleArn?: string;
  ResourceArn?: string;
  ResourceName?: string;
  /** Of Unified Studio: domain and project in Amazon DataZone. */
  dataZone: boolean;
}

export interface HostFinding {
  kind: HostKind;
  label: string;
  metadata: ResourceMetadata;
  root: string;
}

const LABELS: Record<HostKind, string> = {
  'notebook-instance': 'SageMaker Notebook Instance',
  'studio-space': 'SageMaker Studio JupyterLab space',
  'unified-studio': 'SageMaker Unified Studio space',
  'plain-jupyter': 'Jupyter outside SageMaker'
};

/** Tells the hosts apart by what SageMaker puts on them; adds a sentence for what cannot be read. */
export async function findHost(source: HostSource, warnings: string[]): Promise<HostFinding> {
  const metadata = parseMetadata(await source.readTextFile(METADATA_FILE), warnings);
  const kind = await kindOf(source, metadata);
  return { kind, label: LABELS[kind], metadata, root: await rootOf(source, kind) };
}

async function kindOf(source: HostSource, metadata: ResourceMetadata): Promise<HostKind> {
  const { env } = source;
  const arn = metadata.ResourceArn ?? '';
  if (env.SERVICE_NAME === 'SageMakerUnifiedStudio' || metadata.dataZone) {
    return 'unified-studio';
  }
  if (arn.includes(':notebook-instance/')) {
    return 'notebook-instance';
  }
  if (
    env.SAGEMAKER_APP_TYPE ||
    env.SAGEMAKER_INTERNAL_IMAGE_URI ||
    metadata.AppType ||
    metadata.SpaceName ||
    /:(?:app|space)\//.test(arn)
  ) {
    return 'studio-space';
  }
  const onInstanceVolume =
    source.homeDirectory === '/home/ec2-user' && (await source.isDirectory(NOTEBOOK_INSTANCE_ROOT));
  return onInstanceVolume ? 'notebook-instance' : 'plain-jupyter';
}

async function rootOf(source: HostSource, kind: HostKind): Promise<string> {
  const candidates =
    kind === 'notebook-instance'
      ? [NOTEBOOK_INSTANCE_ROOT]
      : kind === 'plain-jupyter'
        ? [source.env.JUPYTER_SERVER_ROOT, source.currentDirectory]
        : [STUDIO_ROOT];
  for (const candidate of candidates) {
    if (candidate && (await source.isDirectory(candidate))) {
      return candidate;
    }
  }
  return source.homeDirectory;
}

function parseMetadata(text: string | undefined, warnings: string[]): ResourceMetadata {
  if (text === undefined) {
    return { dataZone: false };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    warnings.push(
      `${METADATA_FILE} is not a JSON object: the name and the region of this machine may be missing.`
    );
    return { dataZone: false };
  }
  const fields = new Map(Object.entries(value));
  const read = (name: string): string | undefined => {
    const field: unknown = fields.get(name);
    return typeof field === 'string' && field !== '' ? field : undefined;
  };
  const additional: unknown = fields.get('AdditionalMetadata');
  return {
    AppType: read('AppType'),
    DomainId: read('DomainId'),
    SpaceName: read('SpaceName'),
    UserProfileName: read('UserProfileName'),
    ExecutionRoleArn: read('ExecutionRoleArn'),
    ResourceArn: read('ResourceArn'),
    ResourceName: read('ResourceName'),
    dataZone:
      typeof additional === 'object' && additional !== null && 'DataZoneDomainId' in additional
  };
}
