import { createHash } from 'node:crypto';
import type { FileRewrite } from '../chatTemplate';
import type { LeftOutFile, ModelFile, ModelInspection } from '../model';
import { layOutFile } from './partLayouts';
import type { PlanSource } from './planSource';
import type { PlannedFile } from './types';

/** A file as it shall be at the destination. */
export interface WantedFile extends ModelFile {
  /** In place of the source's. */
  content?: string;
}

/** The files that an import takes, with rewritten ones in place of the source's. */
export function wantedFiles(
  inspection: ModelInspection,
  rewrites: readonly FileRewrite[]
): { wanted: WantedFile[]; leftOut: LeftOutFile[] } {
  const byPath = new Map(rewrites.map(rewrite => [rewrite.path, rewrite]));
  const leftOut = [...inspection.selection.leftOut];
  const wanted: WantedFile[] = [];
  const writeText = (path: string, content: string): void => {
    const bytes = Buffer.from(content, 'utf8');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    wanted.push({ path, sizeBytes: bytes.length, sha256, content });
  };
  for (const file of inspection.selection.taken) {
    const rewrite = byPath.get(file.path);
    byPath.delete(file.path);
    if (rewrite === undefined) {
      wanted.push(fromListing(file));
    } else if (rewrite.after === undefined) {
      leftOut.push({ path: file.path, sizeBytes: file.sizeBytes, reason: rewrite.summary });
    } else {
      writeText(file.path, rewrite.after);
    }
  }
  for (const rewrite of byPath.values()) {
    if (rewrite.after !== undefined) {
      writeText(rewrite.path, rewrite.after);
    }
  }
  return { wanted, leftOut };
}

/** Of an LFS file the hub's git hash is its pointer's and says nothing of the bytes. */
function fromListing(file: ModelFile): WantedFile {
  const { gitOid, ...facts } = file;
  return file.sha256 === undefined && gitOid !== undefined ? { ...facts, gitOid } : facts;
}

/** The plan of a file of which nothing is at the destination yet. */
export function planFile(source: PlanSource, file: WantedFile, key: string): PlannedFile {
  return {
    ...file,
    key,
    action: file.content === undefined ? 'copy' : 'write',
    ...layOutFile(source, file.sizeBytes)
  };
}
