import { writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';

import { hubUrlOf } from '../hubFiles';
import type { Run, Way } from './types';

/** What makes it quickest with an S3 that is not Amazon's; no configuration of the user's. */
function s3Options(run: Run): string[] {
  return [
    ...['--config', devNull, '--ca-cert', run.servers.caFile],
    ...['--s3-provider', 'Other', '--s3-env-auth', '--s3-force-path-style'],
    ...['--s3-endpoint', run.servers.env['AWS_ENDPOINT_URL'] ?? ''],
    ...['--s3-region', run.servers.env['AWS_REGION'] ?? ''],
    ...['--s3-no-check-bucket', '--s3-disable-checksum', '--s3-chunk-size', '16M'],
    ...['--s3-upload-concurrency', '4', '--retries', '1']
  ];
}

/** Copies from an http remote; `how` decides about streams and transfers. */
async function copyCommand(run: Run, how: readonly string[]): Promise<string[]> {
  const list = join(run.folder, 'files.txt');
  await writeFile(list, run.files.map(file => `${file.path}\n`).join(''));
  return [
    run.tools.rclone,
    'copy',
    ...s3Options(run),
    ...['--http-url', hubUrlOf(run.servers, run.model, '')],
    ...['--files-from-raw', list, '--no-traverse', '--ignore-times', '--checkers', '16'],
    ...how,
    ':http:',
    `:s3:${run.bucket.name}/${run.prefix.replace(/\/$/, '')}`
  ];
}

export const rclone: Way = {
  title: 'rclone copy, multi-thread',
  note: 'its quickest mode for large files: 16 ranges of a file at a time; proves nothing about the source',
  prepare: async run => ({
    commands: [
      await copyCommand(run, [
        ...['--transfers', '4', '--multi-thread-streams', '16', '--multi-thread-cutoff', '32M'],
        ...['--multi-thread-chunk-size', '16M']
      ])
    ]
  })
};

export const rclonePut: Way = {
  title: 'rclone copy, one PUT a file',
  note: 'its cheapest mode: 16 files at a time, each one stream into one PUT of up to 5 GiB, so that nothing is kept in memory and a fault costs the whole file; proves nothing about the source',
  prepare: async run => ({
    commands: [
      await copyCommand(run, [
        ...['--transfers', '16', '--multi-thread-streams', '0', '--s3-upload-cutoff', '5G']
      ])
    ]
  })
};

export const rcloneCopyurl: Way = {
  title: 'rclone copyurl',
  note: 'four processes at a time, one for each file; one stream a file; proves nothing',
  prepare: async run => ({
    commands: run.files.map(file => [
      run.tools.rclone,
      'copyurl',
      ...s3Options(run),
      hubUrlOf(run.servers, run.model, file.path),
      `:s3:${run.bucket.name}/${run.prefix}${file.path}`
    ]),
    parallel: 4
  })
};
