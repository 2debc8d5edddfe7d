import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client
} from '@aws-sdk/client-s3';
import { readFileSync } from 'node:fs';

import type { HubFile } from './hubFiles';
import type { Servers } from './servers';

/** What the harness itself asks the S3 of the sandbox. */
export interface Bucket {
  name: string;
  client: S3Client;
  /** Empty when every file is there with its size; else one line on what is wrong. */
  missing(prefix: string, files: readonly HubFile[]): Promise<string>;
  /** Makes the S3 read what the hub has, which it otherwise does at the first write. */
  warmUp(): Promise<void>;
  /** Removes objects and uploads, so that the servers hold no more after a run than before it. */
  clear(prefix: string): Promise<void>;
}

export function openBucket(servers: Servers): Bucket {
  const { env, bucket: name } = servers;
  const client = new S3Client({
    endpoint: env['AWS_ENDPOINT_URL'],
    region: env['AWS_REGION'],
    forcePathStyle: true,
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? ''
    },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: { httpsAgent: { ca: readFileSync(servers.caFile), keepAlive: false } }
  });
  const list = async (prefix: string): Promise<Map<string, number>> => {
    const found = new Map<string, number>();
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: name, Prefix: prefix, ContinuationToken })
      );
      page.Contents?.forEach(object => found.set(object.Key ?? '', object.Size ?? -1));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return found;
  };
  return {
    name,
    client,
    missing: async (prefix, files) => {
      const found = await list(prefix);
      const wrong = files.filter(file => found.get(prefix + file.path) !== file.sizeBytes);
      const [first] = wrong;
      return first === undefined
        ? ''
        : `${wrong.length} of ${files.length} files missing or of another size, such as ${first.path}: ` +
            `${found.get(prefix + first.path) ?? 'no'} instead of ${first.sizeBytes} bytes`;
    },
    warmUp: async () => {
      const put = { Bucket: name, Key: 'bench/warm-up', Body: 'warm' };
      await client.send(new PutObjectCommand(put));
    },
    clear: async prefix => {
      const keys = [...(await list(prefix)).keys()];
      for (let at = 0; at < keys.length; at += 1000) {
        const Objects = keys.slice(at, at + 1000).map(Key => ({ Key }));
        await client.send(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects } }));
      }
      const { Uploads = [] } = await client.send(
        new ListMultipartUploadsCommand({ Bucket: name, Prefix: prefix })
      );
      for (const { Key, UploadId } of Uploads) {
        await client.send(new AbortMultipartUploadCommand({ Bucket: name, Key, UploadId }));
      }
    }
  };
}
