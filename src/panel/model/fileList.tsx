import { useState } from 'react';
import type { ReactNode } from 'react';

import type { ModelFacts } from '../../protocol';
import { Disclosure, formatBytes, ShowMore, useTrans } from '../components';

/** So many are shown at once; a repository may have thousands. */
const PAGE = 100;

export interface ListedFile {
  path: string;
  sizeBytes: number;
  note?: ReactNode;
}

/** Files with their sizes, some at a time. */
export function FileList({
  files,
  label
}: {
  files: readonly ListedFile[];
  label: string;
}): JSX.Element {
  const [shown, setShown] = useState(PAGE);
  const left = files.length - shown;
  return (
    <>
      <ul className="jp-BedrockImport-files" aria-label={label}>
        {files.slice(0, shown).map(({ path, sizeBytes, note }) => (
          <li key={path}>
            <span className="jp-BedrockImport-path" title={path}>
              {path}
            </span>
            <span className="jp-BedrockImport-number">{formatBytes(sizeBytes)}</span>
            {note !== undefined && <span className="jp-BedrockImport-fileNote">{note}</span>}
          </li>
        ))}
      </ul>
      <ShowMore left={left} page={PAGE} onShow={() => setShown(shown + PAGE)} />
    </>
  );
}

/** Which files an import takes and which it leaves, with the reason. */
export function ModelFiles({ facts }: { facts: ModelFacts }): JSX.Element {
  const trans = useTrans();
  const { taken, leftOut, totalBytes } = facts;
  const leftBytes = leftOut.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return (
    <>
      <Disclosure
        summary={trans._n(
          '%1 file taken (%2)',
          '%1 files taken (%2)',
          taken.length,
          formatBytes(totalBytes)
        )}
      >
        {() => <FileList files={taken} label={trans.__('Files that are taken')} />}
      </Disclosure>
      {leftOut.length > 0 && (
        <Disclosure
          summary={trans._n(
            '%1 file left out (%2)',
            '%1 files left out (%2)',
            leftOut.length,
            formatBytes(leftBytes)
          )}
        >
          {() => (
            <FileList
              files={leftOut.map(({ path, sizeBytes, reason }) => ({
                path,
                sizeBytes,
                note: reason
              }))}
              label={trans.__('Files that are left out')}
            />
          )}
        </Disclosure>
      )}
    </>
  );
}
