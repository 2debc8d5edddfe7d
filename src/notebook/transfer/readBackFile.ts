import { createHash } from 'node:crypto';

import { BedrockImportError, formatBytes } from '../../engine';
import type { CopyPlan, FileProof, Manifest } from '../../engine';
import {
  badge,
  displayedAs,
  heading,
  html,
  note,
  stack,
  STYLES,
  table,
  View,
  withCellSignal
} from '../display';
import type { Cell, Displayed } from '../display';
import { readObject } from './readObject';

export interface FileReadBack {
  path: string;
  sizeBytes: number;
  /** Hex SHA-256 that the hub publishes; missing for files that it keeps in git, and for rewritten ones. */
  published?: string;
  /** That the manifest states. */
  stated: string;
  /** Of the bytes that S3 gave back, hashed here. */
  readBack: string;
  /** Of the same bytes with one bit changed. */
  damaged: string;
  /** Whether all hashes but the last are the same. */
  matches: boolean;
}

/**
 * Reads one copied file back from S3 and hashes it here, bypassing all that the copy believes. What S3 sends
 * inside its own Region is not billed; out of AWS it is.
 *
 * @param path - Of the file. @default the smallest whose SHA-256 the hub publishes
 * @throws BedrockImportError `CELL_ORDER` before `connect()`, `FILE_UNKNOWN` (usage), `CANCELLED`, and those
 *   of `toAwsError`
 */
export async function readBackFile(
  plan: CopyPlan,
  manifest: Pick<Manifest, 'files'> | undefined,
  path?: string,
  options: { signal?: AbortSignal } = {}
): Promise<FileReadBack & Displayed> {
  const proofs = manifest?.files ?? [];
  const planned = new Map(plan.files.map(file => [file.path, file]));
  const published = (file: FileProof): string | undefined =>
    file.rewritten || file.gitOid !== undefined ? undefined : planned.get(file.path)?.sha256;
  const proof =
    path === undefined
      ? (smallest(proofs.filter(file => published(file) !== undefined)) ?? smallest(proofs))
      : proofs.find(file => file.path === path);
  if (proof === undefined) {
    throw new BedrockImportError({
      code: 'FILE_UNKNOWN',
      message: `The manifest names no ${path ?? 'file'}.`,
      subject: plan.destination.prefix,
      nextStep: `Name one of: ${proofs.map(file => file.path).join(', ') || 'none; copy the model first'}.`,
      kind: 'usage'
    });
  }
  const { sizeBytes, readBack, damaged } = await hashObject(
    plan.destination.bucket,
    proof.key,
    withCellSignal(options.signal)
  );
  const wanted = published(proof);
  const result: FileReadBack = {
    path: proof.path,
    sizeBytes,
    ...(wanted === undefined ? {} : { published: wanted }),
    stated: proof.sha256,
    readBack,
    damaged,
    matches: readBack === proof.sha256 && (wanted ?? readBack) === readBack
  };
  return displayedAs(result, () => readBackView(result));
}

function smallest(files: readonly FileProof[]): FileProof | undefined {
  return [...files].sort((a, b) => a.sizeBytes - b.sizeBytes)[0];
}

async function hashObject(
  bucket: string,
  key: string,
  signal: AbortSignal | undefined
): Promise<Pick<FileReadBack, 'sizeBytes' | 'readBack' | 'damaged'>> {
  const hash = createHash('sha256');
  const damagedHash = createHash('sha256');
  let sizeBytes = 0;
  for await (const bytes of readObject(bucket, key, signal)) {
    hash.update(bytes);
    damagedHash.update(sizeBytes === 0 ? withOtherBit(bytes) : bytes);
    sizeBytes += bytes.length;
  }
  return { sizeBytes, readBack: hash.digest('hex'), damaged: damagedHash.digest('hex') };
}

function withOtherBit(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}

function readBackView(result: FileReadBack): View {
  const { path, sizeBytes, published, stated, readBack, damaged, matches } = result;
  const rows: Cell[][] = [
    ['The hub publishes', published === undefined ? 'nothing for this file' : hash(published)],
    ['The manifest states', hash(stated)],
    [
      'Read back from S3 and hashed here',
      hash(readBack),
      badge(matches ? 'the same' : 'not the same', matches ? 'ok' : 'blocker')
    ],
    ['The same bytes with one bit changed', hash(damaged), badge('another', 'faint')]
  ];
  return stack(
    heading(`${path}, ${formatBytes(sizeBytes)}`),
    table(
      rows.map(row => (row.length === 2 ? [...row, ''] : row)),
      { head: ['', 'SHA-256', ''] }
    ),
    !matches &&
      note('The object is not what the manifest says. Copy the model again.', { tone: 'blocker' })
  );
}

function hash(sha256: string): View {
  return new View(html`<code style="${STYLES.inlineCode}">${sha256}</code>`, sha256);
}
