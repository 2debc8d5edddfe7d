import type { JobDetails, JobEvent as EventFact } from '../../protocol';
import type { Job, JobEvent } from '../jobs';

export function toJobDetails(job: Job, runsElsewhere: boolean): JobDetails {
  const { id, kind, title, state, stage, createdAt, updatedAt, source, destination } = job;
  const { progress, error, waitsFor, stages, checks, lastSeq, result } = job;
  const files = job.kind === 'move' ? [] : job.plan.files;
  return {
    ...{ id, kind, title, state, stage, createdAt, updatedAt, source, destination },
    ...{ progress, error, waitsFor, stages, checks, lastSeq },
    files: files.map(({ path, sizeBytes }) => ({ path, sizeBytes })),
    modelArn: result?.model?.modelArn,
    answer: result?.answer?.text,
    runsElsewhere
  };
}

/** Of what a stage or a job brought about, a page needs no more than this. */
export function toEventFact(event: JobEvent): EventFact {
  const { seq, at } = event;
  switch (event.type) {
    case 'state':
      return { seq, at, type: 'state', state: event.state, error: event.error, fresh: event.fresh };
    case 'stage': {
      const { stage, state, detail, waitsFor } = event;
      return { seq, at, type: 'stage', stage, state, detail, waitsFor };
    }
    case 'retry':
      return { seq, at, type: 'retry', ...event.retry };
    case 'result': {
      const { model, seconds } = event.result;
      return { seq, at, type: 'result', modelArn: model?.modelArn, seconds };
    }
    default:
      return event;
  }
}
