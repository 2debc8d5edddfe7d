/** The kind of machine that JupyterLab runs on. */
export type HostKind = 'notebook-instance' | 'studio-space' | 'unified-studio' | 'plain-jupyter';

/** Where facts about the host are read from: this process and this disk, or a recorded host. */
export interface HostSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly currentDirectory: string;
  /** The numeric user id of the process, where the platform has one. */
  readonly userId?: number;
  /** The text of a file, or `undefined` when it does not exist or cannot be read. */
  readTextFile(path: string): Promise<string | undefined>;
  isDirectory(path: string): Promise<boolean>;
}

/** An AWS region and where its name was found. */
export interface RegionFinding {
  name: string;
  /** Such as `AWS_REGION`, `profile default` or `resource-metadata.json`. */
  source: string;
}

/** Base URLs of the services, without a trailing slash; one that is not set is the official one. */
export interface Endpoints {
  hub: string;
  /** `AWS_ENDPOINT_URL`, which counts for every AWS service without an endpoint of its own. */
  aws?: string;
  s3?: string;
  bedrock?: string;
  bedrockRuntime?: string;
  iam?: string;
  sts?: string;
  /** Whether any endpoint differs from the official one. */
  custom: boolean;
}

/** Proxy settings as they may be shown: user names and passwords are masked. */
export interface Proxies {
  http?: string;
  https?: string;
  no?: string;
}

/** The machine, its JupyterLab root and the AWS settings that were found on it. */
export interface Environment {
  host: HostKind;
  /** The host in words, such as `SageMaker Notebook Instance`. */
  hostLabel: string;
  /** Name of the Notebook Instance or of the space. */
  name?: string;
  domainId?: string;
  userProfileName?: string;
  /** From `resource-metadata.json`; `getCallerIdentity` tells the role in use. */
  executionRoleArn?: string;
  /** The folder that JupyterLab's file browser shows, absolute. */
  root: string;
  /** Where jobs and their journals are kept, absolute; it may not exist yet. */
  stateDirectory: string;
  homeDirectory: string;
  region?: RegionFinding;
  endpoints: Endpoints;
  proxies: Proxies;
  caCertificateFile?: string;
  /** What is odd about the settings, one sentence each. */
  warnings: string[];
  /** Those of the warnings that end when tools keep their caches under the root. */
  cacheWarnings: string[];
}

/** Who the AWS credentials belong to. */
export interface CallerIdentity {
  account: string;
  arn: string;
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  partition: string;
  /** Of an assumed-role session; without a path, because STS does not tell it. */
  roleArn?: string;
  roleName?: string;
}
