import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ServerConnection } from '@jupyterlab/services';
import type { PanelWithToolbar } from '@jupyterlab/ui-components';
import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { CommandRegistry } from '@lumino/commands';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { CommandIDs, SectionIDs } from '../commandIds';
import { notebooksPlugin } from './plugin';
import { FIRST_TUTORIAL } from './tutorials';

interface Item {
  command: string;
  category?: string;
  args?: ReadonlyPartialJSONObject;
}

const MARKUP = '<img src=x onerror="window.ran=true">';
const SECOND = '2-your-machine.ipynb';
const COPY = `bedrock-import-notebooks/${SECOND}`;

let commands: CommandRegistry;
let sections: PanelWithToolbar[];
let palette: Item[];
let launcher: Item[];
let fetched: string[];
let answer: { status: number; body: unknown };
const opened = jest.fn();

async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 60));
    MessageLoop.flush();
  });
}

async function activate(optional: 'null' | 'given' = 'given'): Promise<PanelWithToolbar> {
  const app = {
    commands,
    serviceManager: {
      serverSettings: ServerConnection.makeSettings({
        baseUrl: 'http://127.0.0.1:9/',
        Request: class {
          headers = new Headers();
          constructor(
            readonly url: string,
            readonly init: RequestInit
          ) {}
        } as unknown as typeof Request,
        fetch: request => {
          const { url, init } = request as unknown as { url: string; init: RequestInit };
          const sent = typeof init.body === 'string' ? ` ${init.body}` : '';
          fetched.push(`${init.method ?? 'GET'} ${new URL(url).pathname}${sent}`);
          const { status, body } = answer;
          return Promise.resolve({
            ok: status < 400,
            status,
            json: async () => body
          } as Response);
        }
      })
    }
  };
  const given = optional === 'given';
  await act(async () => {
    await notebooksPlugin.activate(
      app as unknown as JupyterFrontEnd,
      { addSection: (section: PanelWithToolbar) => sections.push(section), open: jest.fn() },
      null,
      given ? { addItem: (item: Item) => palette.push(item) } : null,
      given ? { add: (item: Item) => launcher.push(item) } : null
    );
  });
  return sections[0]!;
}

async function run(args: ReadonlyPartialJSONObject = {}): Promise<void> {
  await act(async () => {
    void commands.execute(CommandIDs.openNotebook, args);
    await Promise.resolve();
  });
  await settle();
}

function titles(): string[] {
  return screen
    .getAllByRole('button')
    .map(button => button.querySelector('.jp-BedrockImport-tutorialTitle')?.textContent ?? '');
}

beforeEach(() => {
  commands = new CommandRegistry();
  commands.addCommand('docmanager:open', { execute: args => void opened(args) });
  [sections, palette, launcher, fetched] = [[], [], [], []];
  answer = { status: 201, body: { path: COPY } };
  opened.mockReset();
});

afterEach(() => act(() => sections.forEach(section => section.dispose())));

describe('the plugin of the notebooks', () => {
  it.each(['given', 'null'] as const)('sends nothing by itself, with tokens %s', async optional => {
    const section = await activate(optional);
    await settle();
    expect(section.id).toBe(SectionIDs.notebooks);
    expect(fetched).toEqual([]);
    await run({ name: SECOND });
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it('is in the palette with each tutorial, and in the launcher with the first', async () => {
    await activate();
    const labels = palette.map(({ command, args }) => commands.label(command, args));
    expect(labels).toHaveLength(6);
    expect(labels[1]).toBe('Tutorial: Your machine: disk, caches and trash');
    expect(new Set(palette.map(({ category }) => category))).toEqual(new Set(['Bedrock Import']));
    expect(launcher.map(({ command, args }) => commands.label(command, args))).toEqual([
      'Bedrock Tutorial'
    ]);
    const [{ command, args } = { command: '' }] = launcher;
    expect(commands.caption(command, args)).toBe('Start here: a model to Bedrock in ten cells');
    expect(commands.icon(command, args)).toBeDefined();
    expect(commands.icon(CommandIDs.openNotebook, { name: SECOND })).toBeUndefined();
  });

  it('opens the copy that the server names, with the kernel of the notebooks', async () => {
    await activate();
    await run({ name: SECOND });
    expect(fetched).toEqual([`POST /bedrock-import/notebooks {"name":"${SECOND}"}`]);
    expect(opened).toHaveBeenCalledWith({ path: COPY, kernel: { name: 'bedrock-import-deno' } });
  });

  it('opens the first one when none is named', async () => {
    await activate();
    await run();
    expect(fetched).toEqual([`POST /bedrock-import/notebooks {"name":"${FIRST_TUTORIAL}"}`]);
  });

  it('says why there is no copy, and opens nothing', async () => {
    await activate();
    answer = { status: 507, body: { code: 'NO_ROOM', message: MARKUP } };
    await run({ name: SECOND });
    const dialog = screen.getByRole('dialog', { hidden: true });
    expect(dialog.textContent).toContain('There is no room on the disk');
    expect(dialog.textContent).toContain('Free Up Space');
    await userEvent.click(within(dialog).getByText('Close'));
    await settle();
    expect(screen.queryByRole('dialog', { hidden: true })).toBeNull();
    expect(opened).not.toHaveBeenCalled();
  });

  it('shows what the server says as text', async () => {
    await activate();
    answer = { status: 500, body: { code: 'COPY_FAILED', message: MARKUP } };
    await run({ name: SECOND });
    const dialog = screen.getByRole('dialog', { hidden: true });
    expect(dialog.textContent).toContain(MARKUP);
    expect(dialog.querySelector('img')).toBeNull();
    await userEvent.click(within(dialog).getByText('Close'));
    await settle();
  });
});

describe('the section of tutorials', () => {
  async function show(): Promise<PanelWithToolbar> {
    const section = await activate();
    act(() => Widget.attach(section, document.body));
    await settle();
    return section;
  }

  const list = (...notebooks: object[]): { status: number; body: unknown } => ({
    status: 200,
    body: { notebooks }
  });

  it('asks what they are about only once somebody looks, and only once', async () => {
    answer = list({ name: SECOND, title: 'In the notebook', description: `About ${MARKUP}.` });
    const section = await show();
    expect(fetched).toEqual(['GET /bedrock-import/notebooks']);
    expect(titles()).toEqual(['Your machine: disk, caches and trash']);
    expect(screen.getByText(`About ${MARKUP}.`)).toBeTruthy();
    act(() => section.hide());
    act(() => section.show());
    await settle();
    expect(fetched).toHaveLength(1);
  });

  it('has a tutorial that only the server knows', async () => {
    answer = list({ name: '7-new.ipynb', title: 'Something new', description: '' });
    await show();
    expect(titles()).toEqual(['Something new']);
  });

  it('has the titles where the server tells nothing, and asks again at the next look', async () => {
    answer = { status: 500, body: {} };
    const section = await show();
    expect(titles()).toHaveLength(6);
    answer = list({ name: SECOND, title: 'In the notebook', description: 'About it.' });
    act(() => section.hide());
    act(() => section.show());
    await settle();
    expect(titles()).toEqual(['Your machine: disk, caches and trash']);
  });

  it('opens what is clicked', async () => {
    answer = { status: 500, body: {} };
    await show();
    answer = { status: 200, body: { path: COPY } };
    await userEvent.click(screen.getByRole('button', { name: /Your machine/ }));
    await settle();
    expect(opened).toHaveBeenCalledWith({ path: COPY, kernel: { name: 'bedrock-import-deno' } });
  });
});
