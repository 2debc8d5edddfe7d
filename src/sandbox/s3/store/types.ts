import type { ChecksumAlgorithm, ChecksumType, StoredChecksum } from '../checksums';

import type { Extent } from './bodyFiles';

export interface StoredBucket {
  name: string;
  region: string;
  /** The account that owns it. */
  owner: string;
  /** ISO 8601. */
  createdAt: string;
  /** Writes are refused, as by a policy that allows reading only. */
  readOnly?: boolean;
}

/** A part that was uploaded, or one that an object was made of. */
export interface StoredPart {
  partNumber: number;
  sizeBytes: number;
  /** MD5 in hex, without quotes. */
  etag: string;
  /** ISO 8601. */
  lastModified: string;
  /** Base64, of the upload's checksum algorithm. */
  checksum?: string;
  extents: Extent[];
}

/** What a PutObject, CopyObject or CreateMultipartUpload says about an object beside its bytes. */
export interface ObjectProperties {
  /** Standard headers that are given back, with lower-case names. */
  headers: Record<string, string>;
  /** User metadata without its prefix, with lower-case names. */
  metadata: Record<string, string>;
  storageClass: string;
  tags: Array<[key: string, value: string]>;
}

export interface StoredObject extends ObjectProperties {
  bucket: string;
  key: string;
  sizeBytes: number;
  /** Without quotes. */
  etag: string;
  /** ISO 8601. */
  lastModified: string;
  checksum?: StoredChecksum;
  extents: Extent[];
  /** For an object that was uploaded in parts. */
  parts?: Array<Pick<StoredPart, 'partNumber' | 'sizeBytes' | 'checksum'>>;
  /** The upload that it was completed from. */
  uploadId?: string;
}

export interface StoredUpload extends ObjectProperties {
  uploadId: string;
  bucket: string;
  key: string;
  /** ISO 8601. */
  initiated: string;
  checksum?: { algorithm: ChecksumAlgorithm; type: ChecksumType };
}
