import { useId, useMemo, useState } from 'react';

import type { FileProgress, JobDetails, JobState } from '../../protocol';
import { formatBytes, percentOf, Progress, ShowMore, useTrans } from '../components';
import type { JobStory } from './jobStory';
import { fileStateWord, isActive, proofWord } from './jobWords';

/** So many rows are drawn at once; a model may have thousands of files. */
const PAGE = 200;

interface Row {
  path: string;
  sizeBytes: number;
  state: FileProgress['state'];
  /** Missing where only the process that copies it knows. */
  percent?: number;
  provedBy?: string;
}

const ORDER: readonly FileProgress['state'][] = [
  'copying',
  'proving',
  'waiting',
  'proved',
  'skipped'
];

function rowsOf(files: JobDetails['files'], story: JobStory, jobState: JobState): Row[] {
  const rows = files.map(({ path, sizeBytes }): Row => {
    const known = story.files.get(path);
    const state = known?.state ?? (jobState === 'done' ? 'proved' : 'waiting');
    const isWhole = state === 'proved' || state === 'skipped' || state === 'proving';
    return {
      path,
      sizeBytes,
      state,
      percent: isWhole
        ? 100
        : percentMoved(state, jobState === 'cancelled' ? 0 : known?.movedBytes, sizeBytes),
      provedBy: known?.provedBy
    };
  });
  return rows.sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
}

function percentMoved(
  state: FileProgress['state'],
  movedBytes: number | undefined,
  sizeBytes: number
): number | undefined {
  return state === 'copying' && movedBytes === undefined
    ? undefined
    : percentOf(movedBytes ?? 0, sizeBytes);
}

/** All files of a job: those on their way first. */
export function FileTable(props: {
  files: JobDetails['files'];
  story: JobStory;
  jobState: JobState;
}): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const { files, story, jobState } = props;
  const [filter, setFilter] = useState('');
  const [shown, setShown] = useState(PAGE);
  const rows = useMemo(() => rowsOf(files, story, jobState), [files, story, jobState]);
  const active = isActive({ state: jobState });
  const wanted = filter.trim().toLowerCase();
  const matching =
    wanted === '' ? rows : rows.filter(({ path }) => path.toLowerCase().includes(wanted));
  const left = matching.length - shown;
  return (
    <section>
      <div className="jp-BedrockImport-jobHead">
        <h3 id={`${id}-title`}>{trans._n('%1 file', '%1 files', files.length)}</h3>
        {files.length > 10 && (
          <input
            className="jp-mod-styled jp-BedrockImport-filter"
            type="search"
            aria-label={trans.__('Filter files')}
            placeholder={trans.__('Filter files')}
            value={filter}
            onChange={event => setFilter(event.target.value)}
          />
        )}
      </div>
      <table className="jp-BedrockImport-table" aria-labelledby={`${id}-title`}>
        <thead>
          <tr>
            <th scope="col">{trans.__('File')}</th>
            <th scope="col">{trans.__('Size')}</th>
            <th scope="col">{trans.__('Progress')}</th>
            <th scope="col">{trans.__('State')}</th>
            <th scope="col">{trans.__('Proof')}</th>
          </tr>
        </thead>
        <tbody>
          {matching.slice(0, shown).map(row => (
            <tr key={row.path}>
              <td className="jp-BedrockImport-path" title={row.path}>
                {row.path}
              </td>
              <td className="jp-BedrockImport-number">{formatBytes(row.sizeBytes)}</td>
              <td>
                <Progress label={row.path} percent={row.percent ?? (active ? undefined : 0)} />
              </td>
              <td>
                {!active && (row.state === 'copying' || row.state === 'proving')
                  ? trans.__('stopped')
                  : fileStateWord(row.state, trans)}
              </td>
              <td className="jp-BedrockImport-quiet">{proofWord(row.provedBy, trans)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ShowMore left={left} page={PAGE} onShow={() => setShown(shown + PAGE)} />
    </section>
  );
}
