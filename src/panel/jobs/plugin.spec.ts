import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { act } from '@testing-library/react';
import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';

import { CommandIDs, SectionIDs } from '../commandIds';
import { getJob, listJobs } from '../../protocol';
import type { JobFact } from '../../protocol';
import { FakeEngine } from '../testing/fakeEngine';
import type { IPreferences } from '../tokens';
import { jobsPlugin, jobStatusPlugin } from './plugin';
import { jobDetails, jobFact } from './testing/jobFacts';

const MARKUP = '<img src=x onerror="window.ran=true">';
const ID = 'import-model';

interface Restoring {
  command: string;
  args: (tab: Widget) => unknown;
  name: (tab: Widget) => string;
}

let engine: FakeEngine;
let commands: CommandRegistry;
let tabs: MainAreaWidget[];
let sections: Widget[];
let restoring: Restoring | undefined;
let status: { isActive: () => boolean; item: Widget } | undefined;
let palette: string[];
const opened = jest.fn();
const activated = jest.fn();
const asked = jest.fn();

async function settle(): Promise<void> {
  await act(() => new Promise(resolve => setTimeout(resolve, 150)));
}

async function activate(preferences: Partial<IPreferences> | null = null): Promise<void> {
  const app = {
    commands,
    shell: {
      add: (tab: MainAreaWidget) => {
        tabs.push(tab);
        Widget.attach(tab, document.body);
      },
      activateById: activated
    }
  } as unknown as JupyterFrontEnd;
  await act(async () => {
    const jobs = await jobsPlugin.activate(
      app,
      engine,
      { addSection: (section: Widget) => sections.push(section), open: opened },
      preferences,
      null,
      {
        restore: (_: WidgetTracker<MainAreaWidget>, options: Restoring) => {
          restoring = options;
          return Promise.resolve();
        }
      },
      { addItem: ({ command }: { command: string }) => palette.push(command) }
    );
    await jobStatusPlugin.activate(
      app,
      jobs,
      {
        registerStatusItem: (_: string, item: NonNullable<typeof status>) => {
          status = item;
        }
      },
      null
    );
  });
}

async function show(...jobs: JobFact[]): Promise<void> {
  act(() => engine.jobsChanged.emit(jobs));
  await settle();
}

beforeEach(() => {
  engine = new FakeEngine()
    .onQuery(listJobs, () => [])
    .on(getJob, () => jobDetails({ state: 'done', modelArn: 'arn:model' }));
  commands = new CommandRegistry();
  commands.addCommand(CommandIDs.askModel, { execute: args => void asked(args) });
  [tabs, sections, palette] = [[], [], []];
  restoring = undefined;
  status = undefined;
  [opened, activated, asked].forEach(mock => mock.mockReset());
  Notification.dismiss();
});

afterEach(() => act(() => [...tabs, ...sections].forEach(widget => widget.dispose())));

describe('the plugin of jobs', () => {
  it('asks nothing of the engine by itself', async () => {
    await activate();
    await settle();
    expect(engine.connects).toBe(0);
    expect(engine.sent).toEqual([]);
    expect(sections.map(({ id }) => id)).toEqual([SectionIDs.jobs]);
    expect(status?.isActive()).toBe(false);
    expect(palette).toEqual([CommandIDs.openJobs]);
    await commands.execute(CommandIDs.openJobs);
    expect(opened).toHaveBeenCalledWith(SectionIDs.jobs);
  });

  it('opens one tab for each job, which is restored and gets its title when it is known', async () => {
    await activate();
    await act(() => commands.execute(CommandIDs.openJob, { id: ID }));
    await act(() => commands.execute(CommandIDs.openJob, { id: ID }));
    await act(() => commands.execute(CommandIDs.openJob, {}));
    expect(tabs).toHaveLength(1);
    expect(activated).toHaveBeenCalledTimes(2);
    expect(engine.connects).toBeGreaterThan(0);
    const [tab] = tabs;
    expect(tab?.title.label).toBe(ID);
    await act(async () => engine.becomeReady());
    await show(jobFact({ title: MARKUP }));
    expect(tab?.title.label).toBe(MARKUP);
    expect(document.querySelector('img')).toBeNull();
    expect(restoring?.command).toBe(CommandIDs.openJob);
    expect(restoring?.args(tab as Widget)).toEqual({ id: ID });
    expect(restoring?.name(tab as Widget)).toBe(ID);
  });

  it('is in the status bar while a job runs', async () => {
    await activate();
    await act(async () => engine.becomeReady());
    await show(jobFact());
    expect(status?.isActive()).toBe(true);
    await show(jobFact({ state: 'done' }));
    expect(status?.isActive()).toBe(false);
  });
});

describe('the toast at the end of a job', () => {
  it('comes once, however often the connection was lost, and leads to a question', async () => {
    await activate();
    await act(async () => engine.becomeReady());
    await show(jobFact(), jobFact({ id: 'old', state: 'done' }));
    for (const _ of [1, 2, 3]) {
      act(() => engine.setState({ status: 'connecting' }));
      engine.onQuery(listJobs, () => [jobFact({ state: 'done' })]);
      await act(async () => engine.becomeReady());
      await settle();
    }
    await show(jobFact({ state: 'done' }));
    const [toast, ...more] = Notification.manager.notifications;
    expect(more).toEqual([]);
    expect(toast).toMatchObject({
      type: 'success',
      message: 'Done: Import maker/model as model'
    });
    const actions = toast?.options.actions ?? [];
    expect(actions.map(({ label }) => label)).toEqual(['Ask a question', 'Details']);
    await act(async () => actions[0]?.callback(new MouseEvent('click')));
    await settle();
    expect(asked).toHaveBeenCalledWith({ arn: 'arn:model' });
    await act(async () => actions[1]?.callback(new MouseEvent('click')));
    await settle();
    expect(tabs).toHaveLength(1);
  });

  it('says why a job failed, even where its title is long', async () => {
    await activate({ notify: true });
    await act(async () => engine.becomeReady());
    const title = 'x'.repeat(300);
    await show(jobFact({ title }));
    const error = { code: 'IMPORT_FAILED', message: MARKUP, nextStep: '', kind: 'failed' } as const;
    await show(jobFact({ title, state: 'failed', error }));
    const [toast] = Notification.manager.notifications;
    expect(toast?.type).toBe('error');
    expect(toast?.message).toContain(MARKUP);
    expect(toast?.message.length).toBeLessThanOrEqual(140);
    expect(toast?.options.actions?.map(({ label }) => label)).toEqual(['Details']);
  });

  it('does not come where the user does not want it', async () => {
    await activate({ notify: false });
    await act(async () => engine.becomeReady());
    await show(jobFact());
    await show(jobFact({ state: 'done' }));
    expect(Notification.manager.notifications).toEqual([]);
  });
});
