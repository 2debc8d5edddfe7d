import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';

import { serveHandler } from '../../sigv4/testing/serveHandler';
import { createSandboxState, type SandboxStateOptions } from '../../state';
import { createS3, type S3Options } from '../createS3';

/** The S3 of the sandbox on a loopback port of this process. */
export interface ServedS3 {
  url: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  store: ReturnType<typeof createS3>['store'];
  dataDirectory: string;
  client(config?: S3ClientConfig): S3Client;
  stop(): Promise<void>;
}

export async function serveS3(
  options: Partial<SandboxStateOptions> = {},
  s3Options: S3Options = {}
): Promise<ServedS3> {
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'sandbox-s3-')));
  const state = createSandboxState({
    credentials: { accessKeyId: 'SANDBOXTEST000000001', secretAccessKey: 'test-secret' },
    ...options,
    dataDirectory
  });
  const s3 = createS3(state, s3Options);
  const { url, stop } = await serveHandler(s3);
  const clients: S3Client[] = [];
  return {
    url,
    bucket: state.startBucket,
    accessKeyId: state.accessKeyId,
    secretAccessKey: state.secretAccessKey,
    store: s3.store,
    dataDirectory,
    client: config => {
      const client = new S3Client({
        region: state.region,
        endpoint: url,
        forcePathStyle: true,
        credentials: state,
        maxAttempts: 1,
        ...config
      });
      clients.push(client);
      return client;
    },
    stop: async () => {
      clients.forEach(client => client.destroy());
      await stop();
      if (options.dataDirectory === undefined) {
        await rm(dataDirectory, { recursive: true, force: true });
      }
    }
  };
}
