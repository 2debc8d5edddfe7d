import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { hubUrlOf } from '../hubFiles';
import { PROGRAMS } from '../install';
import { goCopy, goCopyAes256 } from './goCopy';
import { rclone, rcloneCopyurl, rclonePut } from './rclone';
import type { Run, Way } from './types';

export type { Run, Way } from './types';

/** For the two that are programs of this benchmark: the files with their addresses and keys. */
async function writeList(run: Run): Promise<string> {
  const path = join(run.folder, 'files.json');
  const list = run.files.map(file => ({
    url: hubUrlOf(run.servers, run.model, file.path),
    key: run.prefix + file.path,
    sizeBytes: file.sizeBytes
  }));
  await writeFile(path, JSON.stringify(list));
  return path;
}

const ours: Way = {
  title: 'bedrock-import copy',
  note: 'everything included: listing, checks, plan, proof of every file and the manifest',
  prepare: async ({ tools, model, bucket, prefix }) => ({
    commands: [[tools.bedrockImport, 'copy', model, `s3://${bucket.name}/${prefix}`, '--json']]
  })
};

const s5cmd: Way = {
  title: 's5cmd pipe, fed by curl',
  note: 'four files at a time; one stream a file; proves nothing',
  prepare: async run => ({
    commands: run.files.map(file => [
      'bash',
      '-c',
      'set -o pipefail; curl --fail --silent --show-error --location "$1" | ' +
        '"$2" --endpoint-url "$3" pipe --concurrency 4 "$4"',
      'pipe',
      hubUrlOf(run.servers, run.model, file.path),
      run.tools.s5cmd,
      run.servers.env['AWS_ENDPOINT_URL'] ?? '',
      `s3://${run.bucket.name}/${run.prefix}${file.path}`
    ]),
    parallel: 4
  })
};

const boto3: Way = {
  title: 'boto3 upload_fileobj',
  note: 'four files at a time; one stream a file; proves nothing about the source',
  prepare: async run => ({
    commands: [
      [run.tools.python, join(PROGRAMS, 'upload_fileobj.py'), await writeList(run), run.bucket.name]
    ]
  })
};

const libStorage: Way = {
  title: 'lib-storage (Node)',
  note: 'four files at a time; one stream a file; proves nothing about the source',
  prepare: async run => ({
    commands: [
      [process.execPath, join(PROGRAMS, 'libStorage.mjs'), await writeList(run), run.bucket.name]
    ]
  })
};

const disk: Way = {
  title: 'hf download, then aws s3 cp',
  note: 'through the disk; needs as much of it as the model is large',
  prepare: async ({ tools, model, bucket, prefix, folder }) => ({
    commands: [
      [tools.hf, 'download', model, '--local-dir', join(folder, 'model')],
      [
        tools.aws,
        ...['s3', 'cp', '--recursive', '--only-show-errors', '--exclude', '.cache/*'],
        ...[join(folder, 'model'), `s3://${bucket.name}/${prefix}`]
      ]
    ]
  })
};

export const WAY_NAMES = [
  'ours',
  'go',
  'go-aes256',
  'rclone',
  'rclone-put',
  'rclone-copyurl',
  's5cmd',
  'boto3',
  'lib-storage',
  'disk'
] as const;

export type WayName = (typeof WAY_NAMES)[number];

/** What a run of everything compares: rclone has two ways, and its third one is slower than both. */
export const USUAL_WAYS: readonly WayName[] = WAY_NAMES.filter(name => name !== 'rclone-copyurl');

export const WAYS: Readonly<Record<WayName, Way>> = {
  ours,
  go: goCopy,
  'go-aes256': goCopyAes256,
  rclone,
  'rclone-put': rclonePut,
  'rclone-copyurl': rcloneCopyurl,
  s5cmd,
  boto3,
  'lib-storage': libStorage,
  disk
};
