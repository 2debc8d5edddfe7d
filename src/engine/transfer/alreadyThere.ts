import type { DescribedObject, ListedObject } from './destination';
import type { Manifest } from './manifest';
import { sourceLabel } from './planSource';
import type { PlanSource } from './planSource';
import type { FileProof, PlanConflict, PlannedFile } from './types';
import { sourceObjectMark } from './uploads';
import type { WantedFile } from './wantedFiles';

/** What the manifest of an earlier copy says of each key. */
export class EarlierCopy {
  private readonly byKey: ReadonlyMap<string, FileProof>;

  constructor(private readonly manifest: Manifest | undefined) {
    this.byKey = new Map(manifest?.files.map(proof => [proof.key, proof]));
  }

  /** The proof of an object that has not been written since: it has the ETag that it was proved with. */
  of(listed: ListedObject, rewritten: boolean): FileProof | undefined {
    const proof = this.byKey.get(listed.key);
    return proof !== undefined &&
      proof.etag !== '' &&
      proof.etag === listed.etag &&
      proof.sizeBytes === listed.sizeBytes &&
      proof.rewritten === rewritten
      ? proof
      : undefined;
  }

  /** Whether the file is the one that was proved, by all that its source says of it. */
  holds(source: PlanSource, file: WantedFile, proof: FileProof): boolean {
    if (proof.sizeBytes !== file.sizeBytes) {
      return false;
    }
    if (file.sha256 !== undefined) {
      return proof.sha256 === file.sha256;
    }
    if (file.gitOid !== undefined) {
      return proof.gitOid === file.gitOid;
    }
    return (
      file.sourceEtag !== undefined &&
      proof.sourceEtag === file.sourceEtag &&
      samePlace(source, this.manifest?.source)
    );
  }
}

/** An ETag stands for the same bytes only for the same object. */
function samePlace(a: PlanSource, b: PlanSource | undefined): boolean {
  if (a.kind === 's3') {
    return b?.kind === 's3' && a.bucket === b.bucket && a.prefix === b.prefix;
  }
  return a.kind === 'archive' && b?.kind === 'archive' && a.bucket === b.bucket && a.key === b.key;
}

export function skipped(
  planned: PlannedFile,
  proof: Pick<FileProof, 'sha256' | 'provedBy' | 'etag'>
): PlannedFile {
  const { path, key, sizeBytes, gitOid, sourceEtag } = planned;
  return {
    ...planned,
    action: 'skip',
    proof: {
      path,
      key,
      sizeBytes,
      sha256: proof.sha256,
      ...(gitOid === undefined ? {} : { gitOid }),
      ...(sourceEtag === undefined ? {} : { sourceEtag }),
      provedBy: proof.provedBy,
      etag: proof.etag,
      rewritten: planned.content !== undefined
    }
  };
}

/**
 * What has to be done about a file whose key is taken by an object that is not known to be it.
 *
 * @param vouchedFor whether a manifest says what the object is
 */
export function compareObject(
  source: PlanSource,
  planned: PlannedFile,
  found: DescribedObject,
  vouchedFor: boolean
): { file: PlannedFile; conflict?: PlanConflict } {
  const { sha256, gitOid, content, sizeBytes } = planned;
  const sameSize = found.sizeBytes === sizeBytes;
  const ours = found.source === sourceLabel(source);
  // Of an object in S3 whose hash nobody knew, S3 computed it in the copy of exactly this version.
  const sameObject =
    found.sourceObject !== undefined && found.sourceObject === sourceObjectMark(source, planned);
  const copiedInS3 =
    source.kind === 's3' && (ours || sameObject) && sha256 === undefined && content === undefined;
  if (sameSize && found.sha256 !== undefined && (found.sha256 === sha256 || copiedInS3)) {
    const { etag } = found;
    return {
      file: skipped(planned, { sha256: found.sha256, provedBy: 's3-stored-checksum', etag })
    };
  }
  // The git hash in the metadata says what was meant to be there, the bytes say what is: they are read.
  const sameGitFile = sameSize && gitOid !== undefined && found.gitOid === gitOid;
  // Of an earlier state of the same folder, and never proved: its bytes show whether it is this one's.
  const unproved =
    source.kind === 'folder' &&
    !vouchedFor &&
    sameSize &&
    found.sha256 === undefined &&
    found.source?.startsWith(`${encodeURI(source.modelId)}@`) === true;
  // An upload in parts may have gone on with a later version, so that one is sent again.
  if (sameObject && !ours) {
    return { file: planned };
  }
  if (sameGitFile || ours || unproved) {
    // Sent whole by a run that ended before the proof or the manifest.
    const provable =
      sameGitFile || (sameSize && found.sha256 === undefined && content === undefined);
    return { file: provable ? { ...planned, action: 'prove' } : planned };
  }
  return {
    file: planned,
    conflict: {
      key: found.key,
      sizeBytes: found.sizeBytes,
      kind: 'would-overwrite',
      why:
        found.source === undefined
          ? 'an object that this tool did not write, with other or unproved content'
          : `copied earlier from ${found.source}`
    }
  };
}
