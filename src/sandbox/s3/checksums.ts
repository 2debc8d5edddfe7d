import { createHash } from 'node:crypto';

import { RefusedError } from '../sigv4';

import { combineCrcs, CRC32, CRC32C, CRC64NVME, type CrcAlgorithm } from './crc';

/**
 * The additional checksums that the sandbox computes. The service model also knows XXHASH64,
 * XXHASH3 and XXHASH128; nothing here needs them.
 */
export const CHECKSUM_ALGORITHMS = [
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'SHA1',
  'SHA256',
  'SHA512',
  'MD5'
] as const;

export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

export type ChecksumType = 'COMPOSITE' | 'FULL_OBJECT';

/** A checksum as S3 keeps it with an object; a composite value ends in '-' and the number of parts. */
export interface StoredChecksum {
  algorithm: ChecksumAlgorithm;
  /** Base64. */
  value: string;
  type: ChecksumType;
}

export interface RunningHash {
  update(data: Uint8Array): void;
  digest(): Uint8Array;
}

const CRCS: Partial<Record<ChecksumAlgorithm, CrcAlgorithm>> = { CRC32, CRC32C, CRC64NVME };

const DIGEST_BYTES: Record<ChecksumAlgorithm, number> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  MD5: 16
};

export function createRunningHash(algorithm: ChecksumAlgorithm): RunningHash {
  const crc = CRCS[algorithm];
  if (crc !== undefined) {
    return crc.createHash();
  }
  const hash = createHash(algorithm.toLowerCase());
  return {
    update: data => {
      hash.update(data);
    },
    digest: () => hash.digest()
  };
}

export const digestBytes = (algorithm: ChecksumAlgorithm) => DIGEST_BYTES[algorithm];

export const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

export const checksumHeader = (algorithm: ChecksumAlgorithm) =>
  `x-amz-checksum-${algorithm.toLowerCase()}`;

/** The algorithm that `x-amz-checksum-…` names; undefined for any other header. */
export function algorithmOfHeader(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find(algorithm => checksumHeader(algorithm) === name);
}

export function isValidDigest(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === DIGEST_BYTES[algorithm] && bytes.toString('base64') === value;
}

/** @throws RefusedError InvalidRequest. */
export function readAlgorithm(text: string | null): ChecksumAlgorithm | undefined {
  if (text === null) {
    return undefined;
  }
  const algorithm = CHECKSUM_ALGORITHMS.find(known => known === text.toUpperCase());
  if (algorithm === undefined) {
    throw new RefusedError(
      400,
      'InvalidRequest',
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]'
    );
  }
  return algorithm;
}

/**
 * The type of a multipart upload's checksum (Amazon S3 User Guide, "Checking object integrity in
 * Amazon S3": CRC64NVME is of the full object only, the cryptographic ones are composite only, the
 * 32-bit CRCs can be either and are composite unless asked otherwise).
 *
 * @throws RefusedError InvalidRequest.
 */
export function multipartChecksumType(
  algorithm: ChecksumAlgorithm,
  asked: string | null
): ChecksumType {
  if (asked !== null && asked !== 'COMPOSITE' && asked !== 'FULL_OBJECT') {
    throw new RefusedError(
      400,
      'InvalidRequest',
      'Value for x-amz-checksum-type header is invalid.'
    );
  }
  const isCrc = CRCS[algorithm] !== undefined;
  const type = asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type === 'FULL_OBJECT' ? !isCrc : algorithm === 'CRC64NVME') {
    throw new RefusedError(
      400,
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`
    );
  }
  return type;
}

/** The checksum of an upload from those of its parts, in either type. */
export function checksumOfParts(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: ReadonlyArray<{ value: string; sizeBytes: number }>
): StoredChecksum {
  const pieces = parts.map(part => ({
    digest: Buffer.from(part.value, 'base64'),
    sizeBytes: part.sizeBytes
  }));
  const crc = CRCS[algorithm];
  if (type === 'FULL_OBJECT' && crc !== undefined) {
    return { algorithm, type, value: base64(combineCrcs(crc, pieces)) };
  }
  const hash = createRunningHash(algorithm);
  hash.update(Buffer.concat(pieces.map(piece => piece.digest)));
  return { algorithm, type: 'COMPOSITE', value: `${base64(hash.digest())}-${parts.length}` };
}
