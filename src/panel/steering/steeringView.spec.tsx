import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Clipboard } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import { getSteering, planCacheMove, steer } from '../../protocol';
import type { EnvironmentFacts, Steering } from '../../protocol';
import { failing } from '../testing/failing';
import type { FakeEngine } from '../testing/fakeEngine';
import { jobFact } from '../testing/jobFact';
import { SteeringModel } from './steeringModel';
import { SteeringWidget } from './steeringTab';
import {
  FakeEnvironment,
  MOVE,
  NOT_NEEDED,
  OFF,
  ON,
  RUNNING,
  steeringEngine
} from './testing/steeringFacts';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
const MARKUP = '<img src=x onerror="window.ran=true">';

let model: SteeringModel;
let widget: SteeringWidget;
let parent: Panel;
let engine: FakeEngine;
let environment: FakeEnvironment;
const actions = {
  steer: jest.fn(),
  unsteer: jest.fn(),
  planMove: jest.fn(() => void model.planMove()),
  move: jest.fn(),
  openJob: jest.fn()
};

async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 40));
    MessageLoop.flush();
  });
}

async function show(
  steering: Steering = OFF,
  running: () => EnvironmentFacts = () => RUNNING
): Promise<void> {
  engine = steeringEngine(steering);
  environment = new FakeEnvironment();
  environment.answer = running;
  model = new SteeringModel(engine, environment);
  widget = new SteeringWidget(model, engine, { trans, actions });
  parent = new Panel();
  parent.addWidget(widget);
  act(() => Widget.attach(parent, document.body));
  await settle();
  act(() => engine.becomeReady());
  await settle();
}

beforeEach(() => [...Object.values(actions)].forEach(action => action.mockClear()));

afterEach(() => act(() => parent.dispose()));

function variable(name: string): HTMLElement {
  const list = screen.getByRole('list', { name: 'Variables' });
  return within(list)
    .getByText(name, { selector: '.jp-BedrockImport-variableHead > code' })
    .closest('li')!;
}

function running(name: RegExp): HTMLElement {
  const list = within(screen.getByRole('list', { name: 'Kernels and terminals' }));
  return list.getByText(name).closest('li')!;
}

describe('the tab of cache and temp folders', () => {
  it('waits for the engine, which it connects when it is seen', async () => {
    await show();
    expect(engine.connects).toBe(1);
    act(() => parent.dispose());
    expect(model.isDisposed).toBe(true);
  });

  it('says what keeps it from the engine, until it is there', async () => {
    await show();
    act(() => parent.dispose());
    engine = steeringEngine();
    model = new SteeringModel(engine, environment);
    widget = new SteeringWidget(model, engine, { trans, actions });
    parent = new Panel();
    parent.addWidget(widget);
    act(() => Widget.attach(parent, document.body));
    await settle();
    expect(screen.getByText('Shown as soon as the engine answers.')).toBeTruthy();
    act(() => engine.setState({ status: 'absent' }));
    await settle();
    expect(screen.getByText(/^The panel of Bedrock Import says/)).toBeTruthy();
    const failure = { code: 'ENGINE_CANNOT_START', message: 'It does not start.' };
    act(() =>
      engine.setState({
        status: 'unavailable',
        failure: { ...failure, nextStep: 'Make room.', kind: 'failed' }
      })
    );
    await settle();
    expect(screen.getByText('Make room.')).toBeTruthy();
    act(() => engine.becomeReady());
    await settle();
    expect(screen.queryByText('Make room.')).toBeNull();
    expect(variable('HF_HOME')).toBeTruthy();
  });

  it('says what host this is, its notes, and of each variable where it leads and what changes', async () => {
    await show();
    expect(screen.getByText('my-instance')).toBeTruthy();
    expect(screen.getByText('SageMaker Notebook Instance')).toBeTruthy();
    expect(screen.getByText(OFF.notes[0]!)).toBeTruthy();
    const home = variable('HF_HOME').textContent;
    expect(home).toContain('Now/home/ec2-user/.cache/huggingface does not last by default');
    expect(home).toContain('Then/home/ec2-user/SageMaker/.cache/huggingface');
    expect(variable('TRANSFORMERS_CACHE').textContent).toContain('Thenis unset');
  });

  it('offers to steer where something changes, and to undo where it is on', async () => {
    await show();
    expect(screen.getByText(/^Not set: /)).toBeTruthy();
    const button = screen.getByRole('button', { name: 'Keep under /home/ec2-user/SageMaker …' });
    expect(screen.queryByRole('button', { name: 'Undo …' })).toBeNull();
    button.focus();
    await userEvent.keyboard('{Enter}');
    expect(actions.steer).toHaveBeenCalledTimes(1);
    await act(() => model.steer(() => Promise.resolve(true)));
    await settle();
    expect(screen.getByText(/^Done: /).getAttribute('role')).toBe('status');
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Undo …' }));
    expect(screen.queryByRole('button', { name: /^Keep under/ })).toBeNull();
    expect(variable('HF_HOME').textContent).toContain('lasts');
    expect(variable('HF_HOME').textContent).not.toContain('Then');
    await userEvent.click(screen.getByRole('button', { name: 'Undo …' }));
    expect(actions.unsteer).toHaveBeenCalledTimes(1);
    await act(() => model.unsteer(() => Promise.resolve(true)));
    await settle();
    expect(screen.getByText(/^Undone: /)).toBeTruthy();
  });

  it('says that nothing is needed where the home lasts, and offers nothing', async () => {
    await show(NOT_NEEDED);
    expect(screen.getByText('Nothing needs to be changed.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^Keep under|^Undo|moving/ })).toBeNull();
    expect(screen.queryByText('After a restart')).toBeNull();
  });

  it('does nothing twice, and nothing while the engine is away', async () => {
    await show();
    act(() => engine.setState({ status: 'connecting' }));
    await settle();
    const button = screen.getByRole('button', { name: /^Keep under/ });
    expect(button.getAttribute('aria-disabled')).toBe('true');
    await userEvent.click(button);
    await userEvent.click(screen.getByRole('button', { name: 'See what moving it does' }));
    expect(actions.steer).not.toHaveBeenCalled();
    expect(actions.planMove).not.toHaveBeenCalled();
    expect(screen.getByText(OFF.notes[0]!)).toBeTruthy();
  });

  it('says why, and what to do, where it is not known or cannot be done', async () => {
    await show();
    engine.onQuery(steer, failing('STEERING_FILE'));
    await act(() => model.steer(() => Promise.resolve(true)));
    engine.onQuery(getSteering, failing('UNKNOWN'));
    environment.answer = failing('SERVER_HALF_OLD');
    act(() => model.refresh());
    await settle();
    for (const code of ['STEERING_FILE', 'UNKNOWN', 'SERVER_HALF_OLD']) {
      expect(screen.getByText(`Message of ${code}.`)).toBeTruthy();
      expect(screen.getByText(`Step of ${code}.`)).toBeTruthy();
    }
    expect(variable('HF_HOME')).toBeTruthy();
    expect(running(/^old\.ipynb/)).toBeTruthy();
  });
});

describe('the kernels and terminals in the tab', () => {
  it('are named with what they have, and with what gives them the new values', async () => {
    const copy = jest.spyOn(Clipboard, 'copyToSystem').mockImplementation(() => undefined);
    await show();
    await act(() => model.steer(() => Promise.resolve(true)));
    await settle();
    expect(screen.getByText(/^2 kernels and terminals have old values/).getAttribute('role')).toBe(
      'status'
    );
    expect(running(/^old\.ipynb/).textContent).toContain('python3 old values');
    expect(running(/^Terminal 1/).textContent).toContain('old values');
    expect(running(/^odd/).textContent).toContain('unknown');
    expect(running(/^new\.ipynb/).textContent).toContain('up to date');
    await userEvent.click(screen.getByText(/^old\.ipynb/));
    expect(running(/^old\.ipynb/).textContent).toContain("TMPDIR=/tmp (new ones: /it's)");
    expect(running(/^old\.ipynb/).textContent).toContain('HF_HOME not set (new ones: ');
    expect(within(running(/^odd/)).queryByRole('group')).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Copy the cell' }));
    await userEvent.click(screen.getByRole('button', { name: 'Copy the lines' }));
    expect(copy.mock.calls[0]).toEqual([ON.cell]);
    expect(copy.mock.calls[1]?.[0]).toContain("SageMaker/.cache/huggingface'\nexport TMPDIR=");
    copy.mockRestore();
  });

  it('have nothing to run where it is off: only new ones have what the server has', async () => {
    await show();
    expect(screen.queryByRole('button', { name: 'Copy the cell' })).toBeNull();
    expect(screen.getByText(/^Shut such a kernel down/)).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Copy the lines' })).toBeTruthy();
  });

  it('need nothing where all are up to date, or none runs', async () => {
    let facts: EnvironmentFacts = { ...RUNNING, kernels: [RUNNING.kernels[0]!], terminals: [] };
    await show(ON, () => facts);
    expect(screen.getByText('None is known to have old values.')).toBeTruthy();
    expect(screen.queryByRole('button', { name: /^Copy the (cell|lines)/ })).toBeNull();
    facts = { ...facts, kernels: [] };
    act(() => model.refresh());
    await settle();
    expect(screen.getByText('None runs.')).toBeTruthy();
  });

  it('are shown as they are written', async () => {
    await show({ ...ON, notes: [MARKUP], cell: MARKUP }, () => ({
      server: { HF_HOME: MARKUP },
      kernels: [{ id: '1', name: MARKUP, path: MARKUP, variables: {}, outdated: true }],
      terminals: []
    }));
    expect(screen.getAllByText(MARKUP).length).toBeGreaterThanOrEqual(3);
    expect(widget.node.querySelector('img')).toBeNull();
  });
});

describe('moving the cache from the tab', () => {
  it('says what it would do before it can be done', async () => {
    await show(ON);
    await userEvent.click(screen.getByRole('button', { name: 'See what moving it does' }));
    await settle();
    for (const text of [MOVE.from, MOVE.to, '12.00 GB in 1,234 files', ...MOVE.notes]) {
      expect(screen.getByText(text)).toBeTruthy();
    }
    expect(screen.getByText('fits: 50.00 GB available')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Move the cache …' }));
    expect(actions.move).toHaveBeenCalledTimes(1);
    await userEvent.click(screen.getByRole('button', { name: 'Not now' }));
    expect(screen.queryByText(MOVE.from)).toBeNull();
  });

  it('cannot be done where it does not fit', async () => {
    await show(ON);
    engine.on(planCacheMove, () => ({ ...MOVE, fits: false, availableBytes: 1e9 }));
    await userEvent.click(screen.getByRole('button', { name: 'See what moving it does' }));
    await settle();
    expect(screen.getByText('does not fit: 1.00 GB available')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Move the cache …' }));
    expect(actions.move).not.toHaveBeenCalled();
  });

  it('leads to the job, and says why there is nothing to move', async () => {
    await show(ON);
    await act(() => model.planMove());
    await act(() => model.move(() => Promise.resolve(true)));
    await settle();
    await userEvent.click(screen.getByRole('button', { name: 'Show the job' }));
    expect(actions.openJob).toHaveBeenCalledWith('move-cache');
    for (const [state, text] of [
      ['running', /is moved by a job/],
      ['failed', /nothing is lost/],
      ['done', /has been moved/]
    ] as const) {
      act(() => engine.jobsChanged.emit([jobFact({ id: 'move-cache', kind: 'move', state })]));
      await settle();
      expect(screen.getByText(text).getAttribute('role')).toBe('status');
    }
    engine.on(planCacheMove, failing('CACHE_EMPTY'));
    await userEvent.click(screen.getByRole('button', { name: 'See what moving it does' }));
    await settle();
    expect(screen.getByText('Step of CACHE_EMPTY.')).toBeTruthy();
  });
});

describe('the rest of the tab', () => {
  it('has the lifecycle script where the host needs one', async () => {
    const copy = jest.spyOn(Clipboard, 'copyToSystem').mockImplementation(() => undefined);
    await show();
    expect(screen.queryByText(/#!\/bin\/bash/)).toBeNull();
    await userEvent.click(screen.getByText(/^Lifecycle script/));
    await userEvent.click(screen.getByRole('button', { name: 'Copy the script' }));
    expect(copy).toHaveBeenCalledWith(OFF.lifecycleScript);
    copy.mockRestore();
  });
});
