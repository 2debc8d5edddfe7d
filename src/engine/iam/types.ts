import type { Clock } from '../aws';

/** One statement of a policy, in IAM's own words. */
export interface PolicyStatement {
  Sid: string;
  Effect: 'Allow';
  Principal?: { Service: string };
  Action: string | string[];
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** A policy as IAM takes it, ready for JSON. */
export interface PolicyDocument {
  Version: '2012-10-17';
  Statement: PolicyStatement[];
}

/** What the policies are filled in with. */
export interface PolicyInputs {
  /** Twelve digits. */
  account: string;
  region: string;
  bucket: string;
  roleArn?: string;
  /** @default 'aws' */
  partition?: string;
  /** Narrows the access to objects to this folder of the bucket; without it, the whole bucket. */
  prefix?: string;
}

export interface NotebookPolicyInputs extends PolicyInputs {
  /** Adds what making an import role and deleting it again need, for roles named BedrockImport-* only. */
  manageImportRole?: boolean;
  /** Also the right to create this bucket. @default false */
  createBucket?: boolean;
}

export interface ImportRole {
  roleArn: string;
  roleName: string;
  /** True when this call created it. */
  created: boolean;
}

export interface CreateImportRoleOptions extends PolicyInputs {
  /** @default 'BedrockImport-<bucket>', cut to 64 characters */
  roleName?: string;
  /**
   * How long to wait until IAM shows the new role.
   * @default 60_000
   */
  visibleMs?: number;
  signal?: AbortSignal;
  /** @default systemClock */
  clock?: Clock;
}
