import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import type { FakeEngine } from '../../testing/fakeEngine';
import { StorageModel } from '../storageModel';
import { StorageWidget } from '../storageTab';
import { storageEngine } from './storageFacts';

const trans = nullTranslator.load('jupyterlab_bedrock_import');

/** What the buttons of the tab are given. */
export const actions = {
  deleteFromTrash: jest.fn(),
  emptyTrash: jest.fn(),
  deleteCached: jest.fn(),
  abortUploads: jest.fn(),
  openJob: jest.fn(),
  showInBrowser: jest.fn(),
  openNotebook: jest.fn()
};

interface Shown {
  engine: FakeEngine;
  model: StorageModel;
  parent: Panel;
}

let current: Shown | undefined;

/** The tab that a test shows. */
export const shown: Pick<Shown, 'engine' | 'model'> = {
  get engine() {
    return tab().engine;
  },
  get model() {
    return tab().model;
  }
};

function tab(): Shown {
  if (current === undefined) {
    throw new Error('No tab is shown.');
  }
  return current;
}

export async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 40));
    MessageLoop.flush();
  });
}

/** Shows the tab before there is an engine. */
export async function attach(engine: FakeEngine): Promise<void> {
  const model = new StorageModel(engine, null);
  const parent = new Panel();
  current = { engine, model, parent };
  parent.addWidget(new StorageWidget(model, engine, { trans, actions }));
  act(() => Widget.attach(parent, document.body));
  await settle();
}

/** Shows the tab with what an engine answers. */
export async function show(engine: FakeEngine = storageEngine()): Promise<void> {
  await attach(engine);
  act(() => engine.becomeReady());
  await settle();
}

export function close(): void {
  act(() => current?.parent.dispose());
  current = undefined;
  Object.values(actions).forEach(action => action.mockClear());
}

export function section(title: string): HTMLElement {
  return screen.getByRole('region', { name: title });
}

/** Opens a section. */
export async function open(title: string): Promise<HTMLElement> {
  await userEvent.click(within(section(title)).getByRole('heading', { name: title, level: 3 }));
  await settle();
  return section(title);
}

export async function press(name: string | RegExp): Promise<void> {
  await userEvent.click(screen.getByRole('button', { name }));
  await settle();
}

export async function choose(...names: (string | RegExp)[]): Promise<void> {
  for (const name of names) {
    await userEvent.click(screen.getByRole('checkbox', { name }));
  }
  await settle();
}

export function isDisabled(name: string): boolean {
  return screen.getByRole('button', { name }).getAttribute('aria-disabled') === 'true';
}
