import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

import { layOutParts, partRange } from '../../src/engine/transfer/partSize';
import { locate } from '../hubFiles';
import type { Run, Way } from './types';

const WORKERS = 16;

interface Transfer {
  get: { url: string; headers: Record<string, string> };
  put: { url: string; headers: Record<string, string> };
  length: number;
}

/** Parts of the engine's own size, so that only the moving differs. */
async function planFile(
  { servers, bucket, model, prefix }: Run,
  file: Run['files'][number]
): Promise<{ transfers: Transfer[]; upload?: { Key: string; UploadId?: string } }> {
  const Bucket = bucket.name;
  const Key = prefix + file.path;
  const url = await locate(servers, model, file.path);
  const { method, partSizeBytes, partCount } = layOutParts(file.sizeBytes);
  if (method === 'single-put') {
    const put = await getSignedUrl(bucket.client, new PutObjectCommand({ Bucket, Key }));
    return {
      transfers: [
        { get: { url, headers: {} }, put: { url: put, headers: {} }, length: file.sizeBytes }
      ]
    };
  }
  const { UploadId } = await bucket.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const transfers: Transfer[] = [];
  for (let index = 0; index < partCount; index++) {
    const { start, end } = partRange(file.sizeBytes, partSizeBytes, index);
    const PartNumber = index + 1;
    const part = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber });
    transfers.push({
      get: { url, headers: { Range: `bytes=${start}-${end - 1}` } },
      put: { url: await getSignedUrl(bucket.client, part, { expiresIn: 36_000 }), headers: {} },
      length: end - start
    });
  }
  return { transfers, upload: { Key, UploadId } };
}

async function complete(
  { bucket }: Run,
  { Key, UploadId }: { Key: string; UploadId?: string }
): Promise<void> {
  const Parts: Array<{ PartNumber?: number; ETag?: string }> = [];
  let PartNumberMarker: string | undefined;
  do {
    const page = await bucket.client.send(
      new ListPartsCommand({ Bucket: bucket.name, Key, UploadId, PartNumberMarker })
    );
    Parts.push(...(page.Parts ?? []).map(({ PartNumber, ETag }) => ({ PartNumber, ETag })));
    PartNumberMarker = page.IsTruncated === true ? page.NextPartNumberMarker : undefined;
  } while (PartNumberMarker !== undefined);
  const MultipartUpload = { Parts };
  await bucket.client.send(
    new CompleteMultipartUploadCommand({ Bucket: bucket.name, Key, UploadId, MultipartUpload })
  );
}

const reference = (title: string, note: string, args: readonly string[]): Way => ({
  title,
  note,
  prepare: async run => {
    const planned: Array<Awaited<ReturnType<typeof planFile>>> = [];
    for (const file of run.files) {
      planned.push(await planFile(run, file));
    }
    return {
      commands: [[run.tools.goCopy, '-workers', String(WORKERS), ...args]],
      input: JSON.stringify(planned.flatMap(each => each.transfers)),
      finish: async () => {
        for (const { upload } of planned) {
          if (upload !== undefined) {
            await complete(run, upload);
          }
        }
      }
    };
  }
});

export const goCopy = reference(
  'Go io.Copy (reference)',
  `the practical limit: ${WORKERS} workers move ranges between two TLS connections; listing, presigning, completing and proving are not in its numbers; with these servers programs in Go agree on AES-128, those with OpenSSL and Deno on AES-256, which costs more`,
  []
);

export const goCopyAes256 = reference(
  'Go io.Copy, AES-256',
  'the same with the cipher that Deno agrees on, for the same work on both sides',
  ['-aes256']
);
