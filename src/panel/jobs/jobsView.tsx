import type { JobFact } from '../../protocol';
import { FailureNote, useTrans } from '../components';
import { JobButtons } from './jobButtons';
import type { JobActions } from './jobButtons';
import { JobProgress, RunsElsewhere, waitText } from './jobProgress';
import type { JobsModel } from './jobsModel';
import { isActive, jobLine } from './jobWords';

/** All jobs, what somebody has to look at first. */
export function JobsView({
  model,
  actions
}: {
  model: JobsModel;
  actions: JobActions;
}): JSX.Element {
  const trans = useTrans();
  const { jobs, failure, isLoaded } = model;
  return (
    <>
      {failure !== undefined && <FailureNote failure={failure} />}
      {isLoaded && jobs.length === 0 && (
        <p className="jp-BedrockImport-quiet">
          {trans.__('Imports that run, wait or have ended are shown here.')}
        </p>
      )}
      <ul className="jp-BedrockImport-jobs" aria-label={trans.__('Jobs')}>
        {jobs.map(job => (
          <JobItem key={job.id} job={job} model={model} actions={actions} />
        ))}
      </ul>
    </>
  );
}

function JobItem(props: { job: JobFact; model: JobsModel; actions: JobActions }): JSX.Element {
  const trans = useTrans();
  const { job, model, actions } = props;
  const story = model.storyOf(job.id);
  const failure = model.failureOf(job.id);
  const waiting = isActive(job) ? waitText(story, trans) : '';
  return (
    <li className={`jp-BedrockImport-job jp-mod-${job.state}`} data-job={job.id}>
      <p className="jp-BedrockImport-jobTitle">{job.title}</p>
      <div className="jp-BedrockImport-jobHead">
        <span className="jp-BedrockImport-jobState">
          {jobLine(job, id => model.titleOf(id), trans)}
        </span>
        <JobButtons job={job} model={model} actions={actions} />
      </div>
      <JobProgress job={job} story={story} />
      {job.runsElsewhere === true && <RunsElsewhere />}
      {waiting !== '' && <p className="jp-BedrockImport-quiet">{waiting}</p>}
      {job.error !== undefined && !isActive(job) && <FailureNote failure={job.error} />}
      {failure !== undefined && <FailureNote failure={failure} />}
    </li>
  );
}
