import { createAwsClients } from '../../aws';
import type { AwsClients } from '../../aws';
import { createHubClient } from '../../hub';
import { createBytePipe } from '../bytes';
import { CopyMeter } from '../meter';
import { layOutParts, partRange } from '../partSize';
import type { CopyPlan, CopyRetry, PlannedFile } from '../types';
import { ArchiveMover, openArchive } from '.';
import { ArchiveServer, largeArchive } from './testing/largeArchive';
import type { LargeArchive } from './testing/largeArchive';

const whole = largeArchive(40);
const other = largeArchive(40);
let server: ArchiveServer;
let aws: AwsClients;
/** What S3 sends at each reading, from the first one; the last one goes on for ever. */
let sent: LargeArchive[];

/** The second gzip member begins with another byte. */
const damaged: LargeArchive = {
  ...whole,
  *pieces(start) {
    let index = 0;
    for (const piece of whole.pieces(start)) {
      const copy = Buffer.from(piece);
      copy[0] = index++ === 2 ? 0x50 : (copy[0] ?? 0);
      yield copy;
    }
  }
};

beforeEach(async () => {
  server = new ArchiveServer({
    ...whole,
    pieces: start => (sent.length > 1 ? sent.shift() : sent[0])?.pieces(start) ?? []
  });
  await server.start();
  aws = createAwsClients({
    region: 'us-east-1',
    env: {
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example'
    }
  });
});

afterEach(async () => {
  aws.destroy();
  await server.stop();
});

async function move(): Promise<CopyRetry[]> {
  const { source, files } = await openArchive({ aws }, { bucket: 'bucket', key: 'm.tar.gz' });
  const planned = files.model.files.map((file): PlannedFile => {
    const parts = layOutParts(file.sizeBytes);
    return { ...file, key: `out/${file.path}`, action: 'copy', ...parts };
  });
  const plan: CopyPlan = {
    version: 1,
    source,
    destination: { bucket: 'bucket', prefix: 'out/', region: 'us-east-1' },
    files: planned,
    leftOut: [],
    rewrites: [],
    totalBytes: 0,
    bytesToMove: 0,
    alreadyThere: 0,
    conflicts: [],
    checks: []
  };
  const retries: CopyRetry[] = [];
  const bytes = createBytePipe({ connections: 3, env: {} });
  const mover = new ArchiveMover(
    {
      context: { aws, hub: createHubClient({ endpoint: server.url }) },
      plan,
      bytes,
      meter: new CopyMeter(planned, {}),
      stop: new AbortController(),
      onRetry: retry => retries.push(retry)
    },
    source
  );
  try {
    await Promise.all(
      planned.flatMap(file =>
        Array.from({ length: file.partCount }, (_, index) =>
          mover.movePart(file, {
            uploadId: 'u',
            partNumber: index + 1,
            ...partRange(file.sizeBytes, file.partSizeBytes, index)
          })
        )
      )
    );
  } finally {
    await mover.close();
    bytes.close();
  }
  return retries;
}

it('reads the archive again where it arrived damaged, and sends the right bytes', async () => {
  sent = [whole];
  expect(await move()).toEqual([]);
  const right = new Map(server.parts);
  server.parts.clear();
  sent = [whole, damaged, whole];
  const retries = await move();
  expect(retries).toMatchObject([
    { path: 's3://bucket/m.tar.gz', cause: expect.stringMatching(/damaged/) as string }
  ]);
  expect([...server.parts].sort()).toEqual([...right].sort());
  expect(server.readings).toBe(2 + 3);
});

it('gives up an archive that always arrives damaged', async () => {
  sent = [whole, damaged];
  await expect(move()).rejects.toMatchObject({ code: 'ARCHIVE_DAMAGED' });
  expect(server.readings).toBe(1 + 3);
});

it('finds an archive that ends before the files of its index', async () => {
  const short: LargeArchive = {
    ...other,
    *pieces(start) {
      // Whole in itself: the header, one piece of five, and the end.
      const pieces = [...other.pieces(start)];
      yield* [pieces[0], pieces[1], pieces.at(-1)].filter(piece => piece !== undefined);
      const gap = Buffer.alloc(pieces.slice(2, -1).reduce((sum, { length }) => sum + length, 0));
      yield gap;
    }
  };
  sent = [whole, short];
  await expect(move()).rejects.toMatchObject({
    code: 'ARCHIVE_DAMAGED',
    message: expect.stringMatching(/ends after \d+ unpacked bytes/) as string
  });
});
