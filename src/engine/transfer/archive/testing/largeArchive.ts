import { createHash, randomFillSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { LoopbackServer } from '../../../testing/loopbackServer';

const MiB = 2 ** 20;
const ETAG = '"large"';

/** One file of repeating content in a tar.gz of any size; only one repetition of it is in memory. */
export interface LargeArchive {
  sizeBytes: number;
  fileBytes: number;
  fileSha256: string;
  /** Bytes `[start, end)` of the archive, as pieces. */
  pieces(start: number): Iterable<Buffer>;
}

/** gzip allows one member after the other, so that the same one can come again and again. */
export function largeArchive(mebibytes: number): LargeArchive {
  const unit = randomFillSync(Buffer.alloc(8 * MiB));
  // Every other byte out of few, as the upper halves of bfloat16 weights are.
  for (let at = 0; at < unit.length; at += 2) {
    unit[at] = 0x3c + ((unit[at] ?? 0) & 7);
  }
  const times = Math.ceil((mebibytes * MiB) / unit.length);
  const fileBytes = times * unit.length;
  const head = gzipSync(tarHeader('model.safetensors', fileBytes));
  const body = gzipSync(unit, { level: 1 });
  const tail = gzipSync(Buffer.alloc(1024));
  const sha256 = createHash('sha256');
  for (let time = 0; time < times; time++) {
    sha256.update(unit);
  }
  const all = [head, ...Array.from({ length: times }, () => body), tail];
  return {
    sizeBytes: all.reduce((sum, { length }) => sum + length, 0),
    fileBytes,
    fileSha256: sha256.digest('hex'),
    *pieces(start) {
      let position = 0;
      for (const piece of all) {
        if (position + piece.length > start) {
          yield piece.subarray(Math.max(0, start - position));
        }
        position += piece.length;
      }
    }
  };
}

function tarHeader(name: string, sizeBytes: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124);
  block.write('        0', 148);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** As much of S3 as serves one archive and takes parts, which it hashes and forgets. */
export class ArchiveServer extends LoopbackServer {
  /** Hex SHA-256 of each part, by its number. */
  readonly parts = new Map<number, string>();
  readings = 0;

  constructor(private readonly archive: LargeArchive) {
    super();
  }

  protected override answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'PUT') {
      this.takePart(request, response);
      return;
    }
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const { sizeBytes } = this.archive;
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': sizeBytes - start,
      etag: ETAG,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${sizeBytes - 1}/${sizeBytes}` } : {})
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    this.readings++;
    void this.send(response, start);
  }

  private async send(response: ServerResponse, start: number): Promise<void> {
    let goOn = (): void => undefined;
    response.on('drain', () => goOn());
    response.on('close', () => goOn());
    for (const piece of this.archive.pieces(start)) {
      if (response.destroyed) {
        return;
      }
      if (!response.write(piece)) {
        await new Promise<void>(resolve => {
          goOn = resolve;
        });
      }
    }
    response.end();
  }

  private takePart(request: IncomingMessage, response: ServerResponse): void {
    const number = Number(new URL(request.url ?? '/', this.url).searchParams.get('partNumber'));
    const hash = createHash('sha256');
    request.on('data', (piece: Buffer) => hash.update(piece));
    request.on('end', () => {
      this.parts.set(number, hash.digest('hex'));
      response.writeHead(200, { etag: `"part-${number}"`, 'content-length': 0 }).end();
    });
  }
}
