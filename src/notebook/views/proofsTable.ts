import { formatBytes } from '../../engine';
import type { FileProof, Manifest, ProofMethod } from '../../engine';
import { counted } from '../../engine/cli/text/layout';
import { heading, html, note, stack, STYLES, table, View } from '../display';

const WAYS: Readonly<Record<ProofMethod, string>> = {
  's3-put-checksum': 'S3 took the file only with this SHA-256',
  's3-copy-checksum': 'S3 computed it of the whole object',
  's3-server-copy': 'S3 computed it while it copied the object',
  's3-same-checksum': 'S3 holds the same CRC64NVME as of the proved source',
  's3-stored-checksum': 'S3 stores it with the object',
  'read-back': 'the object was read back and hashed here',
  'earlier-manifest': 'unchanged since an earlier proof'
};

/** The SHA-256 of every file in S3, and how it was established. */
export function proofsTable(proofs: Pick<Manifest, 'files'> | readonly FileProof[]): View {
  const files = 'files' in proofs ? proofs.files : proofs;
  const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return stack(
    heading(`Proved: ${counted(files.length, 'file')}, ${formatBytes(bytes)}`),
    table(
      files.map(file => [
        file.path,
        formatBytes(file.sizeBytes),
        hash(file.sha256),
        file.rewritten ? `${WAYS[file.provedBy]} (rewritten on the way)` : WAYS[file.provedBy]
      ]),
      {
        head: ['File', 'Size', 'SHA-256', 'How it was proved'],
        columns: ['left', 'right', 'left', 'left'],
        empty: 'No file is proved yet.'
      }
    ),
    'writtenAt' in proofs
      ? note(`Written beside the model at ${String(proofs.writtenAt)}.`, { tone: 'faint' })
      : undefined
  );
}

/** The first digits are enough to compare by eye; all of them are in the title and in the text. */
function hash(sha256: string): View {
  return new View(
    html`<code style="${STYLES.inlineCode}" title="${sha256}">${sha256.slice(0, 16)}…</code>`,
    sha256
  );
}
