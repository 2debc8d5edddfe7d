import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { ArchiveServer, largeArchive } from './testing/largeArchive';

const ROOT = join(__dirname, '..', '..', '..', '..');
const DENO = process.env['BEDROCK_IMPORT_DENO'] ?? join(ROOT, '.venv', 'bin', 'deno');
const MIB = 256;

/** What the program prints. */
interface Outcome {
  sha256: string;
  offset: number;
  parts: number;
  /** MiB above what the process had before. */
  indexMiB: number;
  copyMiB: number;
}

const PROGRAM = `
  import { createAwsClients } from '../../aws';
  import { createBytePipe } from '../bytes';
  import { CopyMeter } from '../meter';
  import { layOutParts, partRange } from '../partSize';
  import { ArchiveMover, openArchive } from '.';
  const { url } = JSON.parse(process.argv[2]);
  const aws = createAwsClients({ region: 'us-east-1', env: {
    AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' } });
  const rss = () => process.memoryUsage().rss / 2 ** 20;
  const idle = rss();
  let most = 0;
  setInterval(() => { most = Math.max(most, rss() - idle); }, 20);
  const { source, files } = await openArchive({ aws }, { bucket: 'bucket', key: 'in/model.tar.gz' });
  const indexMiB = most;
  most = 0;
  const [listed] = files.model.files;
  const file = { ...listed, key: 'out/' + listed.path, action: 'copy', ...layOutParts(listed.sizeBytes) };
  const plan = { version: 1, source, destination: { bucket: 'bucket', prefix: 'out/', region: 'us-east-1' },
    files: [file], leftOut: [], rewrites: [], conflicts: [], checks: [] };
  const bytes = createBytePipe({ connections: 4, env: {} });
  const mover = new ArchiveMover({ context: { aws }, plan, bytes, meter: new CopyMeter([file], {}),
    stop: new AbortController(), onRetry: retry => console.error(retry) }, source);
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < file.partCount; index = next++) {
      await mover.movePart(file, { uploadId: 'u', partNumber: index + 1,
        ...partRange(file.sizeBytes, file.partSizeBytes, index) });
    }
  };
  await Promise.all(Array.from({ length: mover.maxConnections }, worker));
  await mover.close();
  bytes.close();
  console.log(JSON.stringify({ sha256: listed.sha256, offset: listed.offset, parts: file.partCount,
    indexMiB, copyMiB: most }));
  process.exit(0);`;

/** Both passes in the runtime that users have, because only there memory is what it will be. */
it('indexes and unpacks a large archive in Deno in bounded memory', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'));
  const archive = largeArchive(MIB);
  const server = new ArchiveServer(archive);
  await server.start();
  try {
    const program = join(folder, 'program.mjs');
    await build({
      stdin: { resolveDir: __dirname, loader: 'ts', contents: PROGRAM },
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['node:*'],
      mainFields: ['module', 'main'],
      banner: {
        js: "import { createRequire as makeRequire } from 'node:module'; import process from 'node:process'; import { Buffer } from 'node:buffer'; const require = makeRequire(import.meta.url);"
      }
    });
    const flags = ['--quiet', '--no-prompt', '--no-config', '--no-lock', '--allow-all'];
    const { stdout } = await promisify(execFile)(
      DENO,
      ['run', ...flags, program, JSON.stringify({ url: server.url })],
      { env: process.env }
    );
    const outcome = JSON.parse(stdout) as Outcome;
    expect(outcome).toMatchObject({ sha256: archive.fileSha256, offset: 512 });
    expect(server.parts.size).toBe(outcome.parts);
    // One pass for the index and one for the copy.
    expect(server.readings).toBe(2);
    // Far less than the archive; most of it is what the runtime has not collected yet.
    expect(outcome.indexMiB).toBeLessThan(160);
    expect(outcome.copyMiB).toBeLessThan(224);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 180_000);
