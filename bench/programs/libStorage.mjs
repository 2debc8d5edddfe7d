// Streams files from the hub into S3 with @aws-sdk/lib-storage, four files at a time.
// Arguments: a JSON file with [{"url","key","sizeBytes"}], and the bucket.
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { Readable } from 'node:stream';

const FILES_AT_A_TIME = 4;
const MIB = 2 ** 20;

const [list, Bucket] = process.argv.slice(2);
const files = JSON.parse(await readFile(list, 'utf8'));
const client = new S3Client({ forcePathStyle: true });

async function copy({ url, key, sizeBytes }) {
  const answer = await fetch(url);
  if (!answer.ok) {
    throw new Error(`status ${answer.status}`);
  }
  await new Upload({
    client,
    params: { Bucket, Key: key, Body: Readable.fromWeb(answer.body) },
    queueSize: 4,
    partSize: Math.max(16 * MIB, Math.ceil(sizeBytes / 9000 / MIB) * MIB)
  }).done();
}

async function work() {
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    await copy(file);
  }
}

await Promise.all(Array.from({ length: FILES_AT_A_TIME }, work));
