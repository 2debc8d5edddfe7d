import type { DiskUsage } from './types';

/** `memory` is lost with the machine and takes its RAM; `object-store` is a bucket that looks like a folder. */
export type StorageKind = 'disk' | 'network' | 'memory' | 'object-store' | 'unknown';

const NETWORK = new Set(['nfs', 'nfs4', 'lustre', 'cifs', 'smb3', 'ceph', '9p', 'virtiofs']);
const MEMORY = new Set(['tmpfs', 'ramfs', 'devtmpfs']);
const OBJECT_STORE =
  /mountpoint-s3|mount-s3|s3fs|goofys|geesefs|rclone|juicefs|gcsfuse|blobfuse|s3ql|cunofs/;

/** What a folder lies on, as far as its file system type tells. */
export function storageKind(usage: Pick<DiskUsage, 'fileSystemType'>): StorageKind {
  const type = usage.fileSystemType?.toLowerCase();
  if (type === undefined) {
    return 'unknown';
  }
  if (MEMORY.has(type)) {
    return 'memory';
  }
  if (OBJECT_STORE.test(type)) {
    return 'object-store';
  }
  if (NETWORK.has(type)) {
    return 'network';
  }
  // Where the list of mounts cannot be read, the kernel's number says no more than this.
  return type === 'fuse' || type.startsWith('fuse.') ? 'unknown' : 'disk';
}

/** Why large files should not be kept at a place; `undefined` where nothing speaks against it. */
export function storageConcern(usage: DiskUsage): string | undefined {
  switch (storageKind(usage)) {
    case 'memory':
      return `${usage.path} lies in memory (${usage.fileSystemType}): what is stored there takes RAM and is lost when the machine stops.`;
    case 'object-store':
      return `${usage.path} is a bucket that looks like a folder (${usage.fileSystemType}): files cannot be written there piece by piece, and every byte would go to S3 twice.`;
    case 'unknown':
      return usage.fileSystemType === undefined
        ? undefined
        : `${usage.path} is served by another program (${usage.fileSystemType}), which may be a bucket that looks like a folder: files may not be writable there piece by piece.`;
    case 'disk':
    case 'network':
      return undefined;
  }
}
