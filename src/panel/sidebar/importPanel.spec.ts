import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { AccordionPanel, Widget } from '@lumino/widgets';

import { PANEL_ID } from '../commandIds';
import { createSection } from '../components';
import { FakeEngine } from '../testing/fakeEngine';
import { ImportPanel } from './importPanel';
import type { PanelLayout } from './importPanel';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
const MARKUP = '<img src=x onerror="window.ran=true">';

let engine: FakeEngine;
let panel: ImportPanel;

async function settle(): Promise<void> {
  await act(async () => {
    await new Promise(resolve => setTimeout(resolve, 20));
    MessageLoop.flush();
  });
}

/** Attached, but behind another one, as the sidebar has it. */
async function show({ hidden = false } = {}): Promise<void> {
  panel.setHidden(hidden);
  act(() => Widget.attach(panel, document.body));
  await settle();
}

beforeEach(() => {
  engine = new FakeEngine();
  panel = new ImportPanel({ engine, translator: nullTranslator, baseUrl: '/' });
});

afterEach(() => act(() => panel.dispose()));

function section(id: string, html = ''): Widget {
  const body = new Widget();
  body.node.innerHTML = html;
  return createSection({ id, label: `Section ${id}`, body, trans });
}

function accordion(): AccordionPanel {
  const { content } = panel;
  if (!(content instanceof AccordionPanel)) {
    throw new Error('No accordion');
  }
  return content;
}

function collapsed(): string[] {
  return panel.widgets.filter(({ isHidden }) => isHidden).map(({ id }) => id);
}

function title(id: string): HTMLElement {
  return screen.getByText(`Section ${id}`, { selector: '.jp-AccordionPanel-title *' });
}

describe('the panel', () => {
  it('is a region with a name', async () => {
    await show();
    expect(panel.id).toBe(PANEL_ID);
    expect(screen.getByRole('region', { name: 'Bedrock Import' })).toBe(panel.node);
  });

  it.each([[['a', 'b', 'c', 'd']], [['d', 'c', 'b', 'a']], [['c', 'a', 'd', 'b']]])(
    'has its sections in the order of their ranks, though %j come',
    order => {
      const ranks: Record<string, number> = { a: 10, b: 20, c: 30, d: 40 };
      order.forEach(id => panel.addSection(section(id), ranks[id]!));
      expect(panel.widgets.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    }
  );

  it('puts those of one rank in the order in which they come', () => {
    ['x', 'y', 'z'].forEach(id => panel.addSection(section(id), 10));
    expect(panel.widgets.map(({ id }) => id)).toEqual(['x', 'y', 'z']);
  });

  it('connects when it is shown, and not before', async () => {
    await show({ hidden: true });
    panel.addSection(section('a'), 10);
    panel.restoreLayout({ collapsed: [] });
    await settle();
    expect(engine.connects).toBe(0);
    panel.show();
    expect(engine.connects).toBe(1);
  });

  it('gives the focus to its first section when it is activated', async () => {
    panel.addSection(section('a', '<input>'), 10);
    await show();
    panel.activate();
    await settle();
    expect(document.activeElement).toBe(accordion().titles[0]);
    const input = panel.node.querySelector('input');
    input?.focus();
    panel.activate();
    await settle();
    expect(document.activeElement).toBe(input);
  });
});

describe('the layout of the panel', () => {
  let layouts: PanelLayout[];

  beforeEach(async () => {
    ['a', 'b', 'c'].forEach((id, index) => panel.addSection(section(id), index, index + 1));
    await show();
    layouts = [];
    panel.layoutChanged.connect((_, layout) => layouts.push(layout));
  });

  it('is what each section needs, before the user changes it', () => {
    panel.restoreLayout({ collapsed: ['b'] });
    expect(collapsed()).toEqual(['b']);
    const [a, b, c] = accordion().relativeSizes();
    expect(b).toBe(0);
    expect(c! / a!).toBeCloseTo(3);
  });

  it('is told of when a section is opened or closed, and can be restored', async () => {
    await userEvent.click(title('b'));
    const layout = layouts.at(-1)!;
    expect(layout.collapsed).toEqual(['b']);
    expect(layout.sizes).toHaveLength(3);
    await userEvent.click(title('b'));
    expect(layouts.at(-1)!.collapsed).toEqual([]);
    panel.restoreLayout(layout);
    expect(collapsed()).toEqual(['b']);
  });

  it('keeps heights that the user gave', () => {
    panel.restoreLayout({ collapsed: [], sizes: [0.5, 0.3, 0.2] });
    expect(
      accordion()
        .relativeSizes()
        .map(size => Math.round(size * 10))
    ).toEqual([5, 3, 2]);
  });

  it('passes over heights of another number of sections, and sections that are gone', () => {
    panel.restoreLayout({ collapsed: ['gone', 'c'], sizes: [0.9, 0.1] });
    expect(collapsed()).toEqual(['c']);
    const [a, b] = accordion().relativeSizes();
    expect(b! / a!).toBeCloseTo(2);
  });

  it('gives a section that was never open room when it is opened', () => {
    panel.restoreLayout({ collapsed: ['c'] });
    expect(accordion().relativeSizes()[2]).toBe(0);
    panel.openSection('c');
    const [a, b, c] = accordion().relativeSizes();
    expect(c).toBeCloseTo(0.5);
    expect(b! / a!).toBeCloseTo(2);
    expect(layouts.at(-1)).toEqual({ collapsed: [], sizes: [a, b, c] });
  });

  it('gives the only open section all of it', () => {
    panel.restoreLayout({ collapsed: ['a', 'b', 'c'] });
    panel.openSection('b');
    expect(accordion().relativeSizes()).toEqual([0, 1, 0]);
  });
});

describe('opening a section', () => {
  it('expands it and gives its first control the focus', async () => {
    panel.addSection(section('a', '<p>text</p>'), 10);
    panel.addSection(section('b', '<p>text</p><input><button>x</button>'), 20);
    await show();
    panel.restoreLayout({ collapsed: ['a', 'b'] });
    panel.openSection('b');
    expect(collapsed()).toEqual(['a']);
    expect(document.activeElement?.tagName).toBe('INPUT');
  });

  it('gives the title the focus where there is no control', async () => {
    panel.addSection(section('a', '<p>text</p>'), 10);
    await show();
    panel.openSection('a');
    expect(document.activeElement).toBe(accordion().titles[0]);
  });

  it('does nothing where there is no such section', async () => {
    panel.addSection(section('a'), 10);
    await show();
    panel.restoreLayout({ collapsed: ['a'] });
    panel.openSection('b');
    expect(collapsed()).toEqual(['a']);
  });
});

describe('what keeps the panel from the engine', () => {
  beforeEach(async () => {
    await show();
  });

  async function note(state: Parameters<FakeEngine['setState']>[0]): Promise<HTMLElement> {
    act(() => engine.setState(state));
    await settle();
    return panel.node.querySelector<HTMLElement>('.jp-BedrockImport-connection')!;
  }

  it('is nothing before it is needed and when it is ready', async () => {
    expect((await note({ status: 'idle' })).textContent).toBe('');
    expect((await note({ status: 'ready', engineVersion: '1' })).textContent).toBe('');
  });

  it('is said while it connects', async () => {
    const node = within(await note({ status: 'connecting' }));
    expect(node.getByRole('status').textContent).toBe('Connecting to the engine …');
  });

  it('is a server that does not know the extension: what to type, and to look again', async () => {
    const node = within(await note({ status: 'absent' }));
    expect(node.getByText('jupyter lab', { selector: 'code' })).toBeTruthy();
    expect(node.getByText('jupyter server extension list', { selector: 'code' })).toBeTruthy();
    expect(node.getAllByRole('button', { name: 'Copy the command' })).toHaveLength(2);
    const { connects } = engine;
    await userEvent.click(node.getByRole('button', { name: 'Look again' }));
    expect(engine.connects).toBe(connects + 1);
  });

  it('is a page of another version', async () => {
    const node = within(await note({ status: 'reload' }));
    expect(node.getByRole('alert').textContent).toContain('Running imports are not disturbed');
    expect(node.getByRole('button', { name: 'Reload' })).toBeTruthy();
  });

  it('is a failure, as text, with a button to try at once', async () => {
    const failure = {
      code: 'ENGINE_KEEPS_ENDING',
      message: MARKUP,
      nextStep: 'Look at the log.',
      kind: 'failed'
    } as const;
    const node = within(await note({ status: 'unavailable', failure, retryAt: Date.now() }));
    expect(node.getByText(MARKUP)).toBeTruthy();
    expect(node.getByText('Look at the log.')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    const { connects } = engine;
    await userEvent.click(node.getByRole('button', { name: 'Try now' }));
    expect(engine.connects).toBe(connects + 1);
  });
});
