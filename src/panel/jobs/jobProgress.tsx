import type { JobFact } from '../../protocol';
import {
  formatBytes,
  formatDuration,
  formatRate,
  percentOf,
  Progress,
  useTrans
} from '../components';
import type { JobStory } from './jobStory';
import { isActive, phaseWord } from './jobWords';

const MOST_FILES = 8;

/** How far the copy of a job has come: bar, bytes, rate, time left, each in its place. */
export function JobProgress({
  job,
  story,
  withFiles = true
}: {
  job: JobFact;
  story?: JobStory;
  /** Else their number: where it stands, a table has them. */
  withFiles?: boolean;
}): JSX.Element | null {
  const trans = useTrans();
  const live = story?.progress;
  const progress = live ?? job.progress;
  // Of a cancelled job, what had arrived in part is thrown away.
  if (progress === undefined || job.state === 'done' || job.state === 'cancelled') {
    return null;
  }
  const { totalBytes, movedBytes, bytesPerSecond, secondsLeft } = progress;
  const percent = percentOf(movedBytes, totalBytes);
  const moves = isActive(job) && job.stage === 'copy';
  return (
    <div className="jp-BedrockImport-jobProgress">
      <Progress
        label={job.kind === 'move' ? job.title : trans.__('Copy of %1', job.title)}
        percent={percent}
      />
      <div className="jp-BedrockImport-numbers">
        <span className="jp-BedrockImport-percent">{trans.__('%1 %', percent)}</span>
        <span>{trans.__('%1 of %2', formatBytes(movedBytes), formatBytes(totalBytes))}</span>
        {live !== undefined && live.retries > 0 && (
          <span>{trans._n('%1 retry', '%1 retries', live.retries)}</span>
        )}
      </div>
      {moves && (
        <div className="jp-BedrockImport-numbers">
          {(live?.phase ?? 'copy') === 'copy' ? (
            <>
              <span className="jp-BedrockImport-rate">{formatRate(bytesPerSecond)}</span>
              <span>
                {secondsLeft === undefined
                  ? ''
                  : trans.__('%1 left', formatDuration(secondsLeft, trans))}
              </span>
            </>
          ) : (
            <span>{live === undefined ? '' : phaseWord(live.phase, trans)}</span>
          )}
        </div>
      )}
      {!withFiles && moves && (
        <div className="jp-BedrockImport-numbers">
          {live !== undefined && (
            <>
              <span>{trans.__('%1 of %2 files proved', live.filesProved, live.filesTotal)}</span>
              {job.kind !== 'move' && (
                <span>{trans._n('%1 connection', '%1 connections', live.connections)}</span>
              )}
            </>
          )}
        </div>
      )}
      {withFiles && moves && live?.files !== undefined && live.files.length > 0 && (
        <ul className="jp-BedrockImport-onTheirWay" aria-label={trans.__('Files on their way')}>
          {live.files.slice(0, MOST_FILES).map(file => (
            <li key={file.path}>
              <span className="jp-BedrockImport-path" title={file.path}>
                {file.path}
              </span>
              <Progress label={file.path} percent={percentOf(file.movedBytes, file.sizeBytes)} />
            </li>
          ))}
          {live.files.length > MOST_FILES && (
            <li className="jp-BedrockImport-quiet">
              {trans._n('and %1 more', 'and %1 more', live.files.length - MOST_FILES)}
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

/** It can be paused and cancelled here all the same. */
export function RunsElsewhere(): JSX.Element {
  const trans = useTrans();
  return (
    <p className="jp-BedrockImport-quiet">
      {trans.__('Runs in another process, such as a command in a terminal.')}
    </p>
  );
}

/** What a job waits for, in one line; empty when it does not wait. */
export function waitText(story: JobStory | undefined, trans: ReturnType<typeof useTrans>): string {
  const wait = story?.wait;
  if (wait === undefined) {
    return '';
  }
  const waited = formatDuration(wait.waitedMs / 1000, trans);
  return wait.budgetMs === undefined
    ? trans.__('%1 (%2)', wait.reason, waited)
    : trans.__(
        '%1 (%2 of at most %3)',
        wait.reason,
        waited,
        formatDuration(wait.budgetMs / 1000, trans)
      );
}
