import type { JobDetails } from '../../protocol';
import {
  CheckList,
  CopyButton,
  Facts,
  FailureNote,
  formatDuration,
  formatTime,
  useTrans
} from '../components';
import { FileTable } from './fileTable';
import { JobButtons } from './jobButtons';
import type { JobActions } from './jobButtons';
import { JobLog } from './jobLog';
import { JobProgress, RunsElsewhere, waitText } from './jobProgress';
import type { StageStory } from './jobStory';
import type { JobTabModel } from './jobTabModel';
import { isActive, jobLine, stageStateWord, stageWord } from './jobWords';

/** One job in full. */
export function JobTab({
  model,
  actions
}: {
  model: JobTabModel;
  actions: JobActions;
}): JSX.Element {
  const trans = useTrans();
  const { job, details, story, failure, isGone } = model;
  const refused = model.jobs.failureOf(model.id);
  if (job === undefined) {
    return failure === undefined ? (
      <p className="jp-BedrockImport-quiet" role="status">
        {trans.__('Looking at the job …')}
      </p>
    ) : (
      <FailureNote failure={failure} />
    );
  }
  const waiting = isActive(job) ? waitText(story, trans) : '';
  return (
    <div className="jp-BedrockImport-jobTab">
      <div className="jp-BedrockImport-jobHead">
        <h2>{job.title}</h2>
        {!isGone && <JobButtons job={job} model={model.jobs} actions={actions} withOpen={false} />}
      </div>
      <p className="jp-BedrockImport-jobState" role="status">
        {isGone
          ? trans.__('Removed from the list')
          : jobLine(job, id => model.jobs.titleOf(id), trans)}
      </p>
      {job.runsElsewhere === true && <RunsElsewhere />}
      <JobProgress job={job} story={story} withFiles={false} />
      {waiting !== '' && <p className="jp-BedrockImport-quiet">{waiting}</p>}
      {job.error !== undefined && !isActive(job) && <FailureNote failure={job.error} />}
      {refused !== undefined && <FailureNote failure={refused} />}
      {failure !== undefined && !isGone && <FailureNote failure={failure} />}
      <Result model={model} actions={actions} />
      <Facts
        facts={[
          [trans.__('From'), job.source],
          [trans.__('To'), <code key="to">{job.destination}</code>],
          [trans.__('Begun'), formatTime(job.createdAt)],
          [trans.__('Last news'), formatTime(job.updatedAt)]
        ]}
      />
      <Stages stages={stagesOf(details, story.stages)} active={isActive(job)} />
      <Warnings warnings={story.warnings} />
      {details !== undefined && details.checks.length > 0 && (
        <section>
          <h3>{trans.__('Checks')}</h3>
          <CheckList checks={details.checks} />
        </section>
      )}
      {details !== undefined && details.kind !== 'move' && (
        <FileTable files={details.files} story={story} jobState={job.state} />
      )}
      <JobLog log={story.log} />
    </div>
  );
}

/** All stages of the job, with the times of those that this page has heard of. */
function stagesOf(
  details: JobDetails | undefined,
  told: readonly StageStory[]
): readonly StageStory[] {
  return details === undefined
    ? told
    : details.stages.map(stage => told.find(other => other.stage === stage.stage) ?? stage);
}

function Stages(props: { stages: readonly StageStory[]; active: boolean }): JSX.Element {
  const trans = useTrans();
  const { stages, active } = props;
  return (
    <section>
      <h3>{trans.__('Stages')}</h3>
      <ol className="jp-BedrockImport-stages">
        {stages.map(({ stage, state, detail, startedAt, endedAt }) => (
          <li key={stage} className={`jp-mod-${state}`}>
            <span className="jp-BedrockImport-stageName">{stageWord(stage, trans)}</span>
            <span className="jp-BedrockImport-stageState">
              {/* Where nobody works on the job, a stage that began is not under way. */}
              {!active && (state === 'start' || state === 'waiting')
                ? trans.__('stopped')
                : stageStateWord(state, trans)}
            </span>
            <span className="jp-BedrockImport-number">
              {startedAt === undefined || endedAt === undefined
                ? ''
                : formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000, trans)}
            </span>
            <span className="jp-BedrockImport-quiet">{detail ?? ''}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Warnings({ warnings }: { warnings: readonly string[] }): JSX.Element | null {
  const trans = useTrans();
  return warnings.length === 0 ? null : (
    <section className="jp-BedrockImport-note">
      <h3>{trans.__('Warnings')}</h3>
      <ul>
        {[...new Set(warnings)].map(warning => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </section>
  );
}

function Result({
  model,
  actions
}: {
  model: JobTabModel;
  actions: JobActions;
}): JSX.Element | null {
  const trans = useTrans();
  const { details, story } = model;
  const arn = details?.modelArn ?? story.modelArn;
  const answer = details?.answer ?? story.answer;
  if (arn === undefined && answer === '') {
    return null;
  }
  return (
    <section className="jp-BedrockImport-result">
      {arn !== undefined && (
        <>
          <h3>{trans.__('Imported model')}</h3>
          <div className="jp-BedrockImport-command">
            <code>{arn}</code>
            <CopyButton text={arn} label={trans.__('Copy the ARN')} />
          </div>
          {actions.canAsk() && (
            <button
              type="button"
              className="jp-mod-styled jp-mod-accept"
              onClick={() => actions.ask(arn)}
            >
              {trans.__('Ask a question')}
            </button>
          )}
        </>
      )}
      {answer !== '' && (
        <>
          <h3>{trans.__('Answer to the first question')}</h3>
          <p className="jp-BedrockImport-answer">{answer}</p>
        </>
      )}
    </section>
  );
}
