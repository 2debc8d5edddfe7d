import { nullTranslator } from '@jupyterlab/translation';
import { UseSignal } from '@jupyterlab/ui-components';
import { Widget } from '@lumino/widgets';
import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { getJob, listJobs } from '../../protocol';
import type { JobDetails, JobFact } from '../../protocol';
import { TranslationProvider } from '../components';
import { FakeEngine } from '../testing/fakeEngine';
import { confirmCancel } from './confirmations';
import { JobsModel } from './jobsModel';
import { JobStatus, shownJob } from './jobStatus';
import { JobsView } from './jobsView';
import { JobTab } from './jobTab';
import { JobTabModel } from './jobTabModel';
import { jobDetails, jobFact } from './testing/jobFacts';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
const MARKUP = '<img src=x onerror="window.ran=true">';

function actions() {
  return {
    pause: jest.fn(),
    resume: jest.fn(),
    cancel: jest.fn(),
    remove: jest.fn(),
    open: jest.fn(),
    ask: jest.fn(),
    canAsk: () => true
  };
}

async function settle(): Promise<void> {
  await act(() => new Promise(resolve => setTimeout(resolve, 150)));
}

async function showList(jobs: JobFact[]) {
  const engine = new FakeEngine().onQuery(listJobs, () => jobs);
  const model = new JobsModel(engine);
  const does = actions();
  const view = render(
    <TranslationProvider value={trans}>
      <UseSignal signal={model.stateChanged}>
        {() => <JobsView model={model} actions={does} />}
      </UseSignal>
    </TranslationProvider>
  );
  engine.becomeReady();
  await settle();
  return { engine, model, does, view };
}

async function showTab(details: JobDetails) {
  const engine = new FakeEngine().onQuery(listJobs, () => [details]).on(getJob, () => details);
  const jobs = new JobsModel(engine);
  const model = new JobTabModel(engine, jobs, details.id);
  const does = actions();
  render(
    <TranslationProvider value={trans}>
      <UseSignal signal={model.stateChanged}>
        {() => <JobTab model={model} actions={does} />}
      </UseSignal>
    </TranslationProvider>
  );
  engine.becomeReady();
  await settle();
  return { engine, does, jobs };
}

describe('the list of jobs', () => {
  it('says in one sentence what will be here', async () => {
    await showList([]);
    expect(screen.getByText('Imports that run, wait or have ended are shown here.')).toBeTruthy();
  });

  it('shows how far a copy is, and which files are on their way', async () => {
    const { engine } = await showList([jobFact()]);
    expect(screen.getByText('Running: Copy and proof')).toBeTruthy();
    const bar = screen.getByRole('progressbar', { name: 'Copy of Import maker/model as model' });
    expect(bar.getAttribute('aria-valuenow')).toBe('42');
    const files = Array.from({ length: 11 }, (_, index) => ({
      path: `part-${index}`,
      sizeBytes: 100,
      movedBytes: index * 5,
      state: 'copying' as const
    }));
    engine.followed.get('import-model')?.({
      seq: 1,
      at: '2026-11-28T10:00:00Z',
      type: 'progress',
      progress: {
        phase: 'copy',
        totalBytes: 2_000_000,
        movedBytes: 1_000_000,
        bytesPerSecond: 500_000,
        meanBytesPerSecond: 500_000,
        secondsLeft: 2,
        filesTotal: 11,
        filesDone: 0,
        filesProved: 0,
        retries: 2,
        retryCauses: {},
        connections: 8,
        files
      }
    });
    await settle();
    expect(screen.getByText('1.0 MB of 2.0 MB')).toBeTruthy();
    expect(screen.getByText('500 kB/s')).toBeTruthy();
    expect(screen.getByText('2 s left')).toBeTruthy();
    expect(screen.getByText('2 retries')).toBeTruthy();
    const list = screen.getByRole('list', { name: 'Files on their way' });
    expect(within(list).getAllByRole('progressbar')).toHaveLength(8);
    expect(within(list).getByText('and 3 more')).toBeTruthy();
  });

  it('offers what can be done, by name, and does it once', async () => {
    const { does, model } = await showList([jobFact()]);
    const pause = screen.getByRole('button', { name: 'Pause: Import maker/model as model' });
    await userEvent.click(pause);
    expect(does.pause).toHaveBeenCalledTimes(1);
    expect(screen.queryByRole('button', { name: /^Resume/ })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: /^Details/ }));
    expect(does.open).toHaveBeenCalledWith(model.jobs[0]);
  });

  it('says what went wrong and what to do', async () => {
    await showList([
      jobFact({
        state: 'failed',
        error: { code: 'IMPORT_FAILED', message: MARKUP, nextStep: 'Look there.', kind: 'failed' }
      }),
      jobFact({ id: 'next', title: MARKUP, state: 'waiting', waitsFor: 'import-model' })
    ]);
    expect(screen.getAllByText(MARKUP)).toHaveLength(2);
    expect(screen.getByText('Look there.')).toBeTruthy();
    expect(screen.getByText('Waiting for Import maker/model as model')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    expect('ran' in window).toBe(false);
  });

  it('says when another process runs a job', async () => {
    await showList([jobFact({ runsElsewhere: true })]);
    expect(screen.getByText(/^Runs in another process/)).toBeTruthy();
    expect(screen.getByRole('button', { name: /^Pause/ })).toBeTruthy();
  });

  it('keeps the focus where it is when jobs come and go', async () => {
    const { engine } = await showList([jobFact()]);
    screen.getByRole('button', { name: /^Cancel/ }).focus();
    const focused = document.activeElement;
    act(() => engine.jobsChanged.emit([jobFact({ id: 'other', title: 'Other' }), jobFact()]));
    expect(document.activeElement).toBe(focused);
  });
});

describe('a job as a tab', () => {
  it('shows stages, files, checks, log and result', async () => {
    const { engine, does } = await showTab(
      jobDetails({ state: 'done', modelArn: 'arn:model', answer: 'Paris' })
    );
    engine.followed.get('import-model')?.({
      seq: 1,
      at: '2026-11-28T10:00:00Z',
      type: 'warning',
      message: 'Slow.'
    });
    await settle();
    expect(screen.getByText('Copy and proof')).toBeTruthy();
    expect(screen.getByText('arn:model')).toBeTruthy();
    expect(screen.getByText('Paris')).toBeTruthy();
    expect(screen.getByRole('log').textContent).toContain('Warning: Slow.');
    const table = screen.getByRole('table', { name: '2 files' });
    expect(within(table).getAllByText('proved')).toHaveLength(2);
    await userEvent.click(screen.getByRole('button', { name: 'Ask a question' }));
    expect(does.ask).toHaveBeenCalledWith('arn:model');
  });

  it('says what stands still, and of which files more is not known', async () => {
    const { engine } = await showTab(jobDetails());
    const tell = engine.followed.get('import-model');
    const at = '2026-11-28T10:00:00Z';
    tell?.({ seq: 1, at, type: 'stage', stage: 'copy', state: 'start' });
    tell?.({ seq: 2, at, type: 'file', path: 'model.safetensors', state: 'copying' });
    tell?.({
      seq: 3,
      at,
      type: 'file',
      path: 'config.json',
      state: 'proved',
      provedBy: 's3-put-checksum'
    });
    await settle();
    const bar = (): HTMLElement => screen.getByRole('progressbar', { name: 'model.safetensors' });
    expect(bar().getAttribute('aria-valuenow')).toBeNull();
    expect(screen.getByText('copying')).toBeTruthy();
    expect(screen.getByText('checksum at upload')).toBeTruthy();
    act(() => engine.jobsChanged.emit([jobFact({ state: 'paused' })]));
    await settle();
    expect(screen.getAllByText('stopped')).toHaveLength(2);
    expect(bar().getAttribute('aria-valuenow')).toBe('0');
    act(() => engine.jobsChanged.emit([jobFact({ state: 'cancelled' })]));
    await settle();
    // What had arrived in part is thrown away.
    expect(screen.queryByRole('progressbar', { name: /^Copy of/ })).toBeNull();
  });

  it('shows why something could not be done with the job', async () => {
    const { jobs } = await showTab(jobDetails());
    await act(() => jobs.pause('import-model'));
    expect(screen.getByRole('alert').textContent).toContain('jobs/pause');
  });

  it('stays when the job is removed, without what can be done no more', async () => {
    const { engine } = await showTab(jobDetails({ state: 'done' }));
    expect(screen.getByRole('button', { name: /^Remove/ })).toBeTruthy();
    act(() => engine.jobsChanged.emit([]));
    await settle();
    expect(screen.getByText('Removed from the list')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^Remove/ })).toBeNull();
    // The same import is started once more.
    act(() => engine.jobsChanged.emit([jobFact({ createdAt: '2026-11-28T11:00:00.000Z' })]));
    await settle();
    expect(screen.getByRole('button', { name: /^Pause/ })).toBeTruthy();
  });

  it('says when the job is not there', async () => {
    const engine = new FakeEngine().onQuery(listJobs, () => []);
    const model = new JobTabModel(engine, new JobsModel(engine), 'gone');
    render(
      <UseSignal signal={model.stateChanged}>
        {() => <JobTab model={model} actions={actions()} />}
      </UseSignal>
    );
    expect(screen.getByText('Looking at the job …')).toBeTruthy();
    engine.becomeReady();
    await settle();
    expect(screen.getByRole('alert')).toBeTruthy();
  });

  it('stays usable with 5,000 files and a name of 300 characters', async () => {
    const long = 'x'.repeat(300);
    const files = Array.from({ length: 5_000 }, (_, index) => ({
      path: index === 4_999 ? long : `file-${index}`,
      sizeBytes: 10
    }));
    const { engine } = await showTab(jobDetails({ files }));
    const table = screen.getByRole('table', { name: '5000 files' });
    expect(within(table).getAllByRole('row')).toHaveLength(201);
    engine.followed.get('import-model')?.({
      seq: 1,
      at: '2026-11-28T10:00:00Z',
      type: 'file',
      path: long,
      state: 'copying'
    });
    await settle();
    // What is on its way stands first.
    expect(within(table).getAllByRole('row')[1]?.textContent).toContain(long);
    await userEvent.type(screen.getByRole('searchbox', { name: 'Filter files' }), 'file-12');
    expect(within(table).getAllByRole('row')).toHaveLength(112);
  });
});

describe('a job in the status bar', () => {
  it('is there only while something runs or waits', async () => {
    const engine = new FakeEngine().onQuery(listJobs, () => []);
    const model = new JobsModel(engine);
    const open = jest.fn();
    const status = new JobStatus(model, trans, open);
    Widget.attach(status, document.body);
    engine.becomeReady();
    await settle();
    expect(shownJob(model.jobs)).toBeUndefined();
    expect(status.node.textContent).toBe('');
    act(() => engine.jobsChanged.emit([jobFact({ id: 'w', state: 'waiting' }), jobFact()]));
    await settle();
    expect(status.node.textContent).toContain('42 %');
    expect(status.node.title).toBe('Import maker/model as model');
    status.node.focus();
    await userEvent.keyboard('{Enter}');
    expect(open).toHaveBeenCalledTimes(1);
    act(() => engine.jobsChanged.emit([jobFact({ state: 'done' })]));
    await settle();
    expect(status.node.textContent).toBe('');
    status.dispose();
  });
});

describe('cancelling a job', () => {
  it('shows what is thrown away, and does nothing by default', async () => {
    const answer = confirmCancel(
      jobFact(),
      {
        running: true,
        uploads: Array.from({ length: 10 }, (_, index) => ({ key: `${MARKUP}-${index}` })),
        keeps: 's3://bucket/model/',
        cannotUndo: ['The import job in Bedrock runs on.']
      },
      trans
    );
    await settle();
    const dialog = document.querySelector('.jp-Dialog') as HTMLElement;
    expect(dialog.textContent).toContain('These 10 unfinished uploads are thrown away:');
    expect(dialog.textContent).toContain(`${MARKUP}-0`);
    expect(dialog.textContent).toContain('and 2 more');
    expect(dialog.textContent).toContain('The import job in Bedrock runs on.');
    expect(dialog.querySelector('img')).toBeNull();
    expect(document.activeElement?.textContent).toBe('Keep it');
    await userEvent.keyboard('{Enter}');
    expect(await answer).toBe(false);
  });
});
