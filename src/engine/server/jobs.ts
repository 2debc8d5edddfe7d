import {
  cancelJob as cancelRequest,
  followJob,
  getJob,
  jobEvent,
  jobsChanged,
  listJobs,
  pauseJob as pauseRequest,
  planCancel,
  planRemove,
  removeJob as removeRequest,
  resumeJob,
  resumeUnfinished
} from '../../protocol';
import { cancelJob, pauseJob, removeJob } from '../jobs';
import type { EngineHost } from './host';
import { toEventFact, toJobDetails } from './jobFacts';
import type { Page } from './page';

export function serveJobs(page: Page, host: EngineHost): void {
  const unwatch = host.watchJobs(jobs => {
    if (page.greeted) {
      page.tell(jobsChanged, { jobs });
    }
  });
  page.gone.addEventListener('abort', unwatch, { once: true });

  page.answerPlain(listJobs, () => host.jobs());
  page.answer(getJob, async ({ id }) => {
    const store = await host.store();
    const job = await store.read(id);
    const held = (await store.lookAt(id)).state === 'held';
    const runsHere = (await host.runner()).ids.includes(id);
    return toJobDetails(job, held && !runsHere);
  });
  page.answer(followJob, async ({ id, from = 1 }, signal) => {
    const [store, runner] = await Promise.all([host.store(), host.runner()]);
    // After a restart a page may ask before the job that goes on holds its journal.
    const isStarting = (): boolean => runner.ids.includes(id);
    let lastSeq = from - 1;
    for await (const event of store.follow(id, { from, signal, isStarting })) {
      lastSeq = event.seq;
      page.tell(jobEvent, { id, event: toEventFact(event) });
    }
    return { lastSeq };
  });
  page.answer(pauseRequest, async ({ id }, signal) => pauseJob(await host.store(), id, { signal }));
  page.answer(resumeJob, async ({ id }) => {
    const store = await host.store();
    // A wrong id is the page's error, not a job that fails later.
    await store.read(id);
    await host.start(id);
    return null;
  });
  page.answer(resumeUnfinished, async ({ start }) => {
    const found = await (await host.runner()).findUnfinished();
    if (start) {
      await Promise.all(found.map(id => host.start(id)));
    }
    return { found, started: start ? found : [] };
  });
  page.answer(planCancel, async ({ id }, signal) => {
    const { plan } = await cancelJob(await host.engine(), await host.store(), id, { signal });
    const { running, uploads, keeps, cannotUndo } = plan;
    return { running, uploads: uploads.map(({ key }) => ({ key })), keeps, cannotUndo };
  });
  page.answer(cancelRequest, async ({ id }, signal) => {
    const [engine, store] = await Promise.all([host.engine(), host.store()]);
    return (await cancelJob(engine, store, id, { confirmed: true, signal })).job;
  });
  page.answer(planRemove, async ({ id }, signal) => {
    const { plan } = await removeJob(await host.engine(), await host.store(), id, { signal });
    const { folder, files, keeps, uploads } = plan;
    return { folder, files, keeps, uploads: uploads.map(({ key }) => ({ key })) };
  });
  page.answer(removeRequest, async ({ id }, signal) => {
    await removeJob(await host.engine(), await host.store(), id, { confirmed: true, signal });
    return null;
  });
}
