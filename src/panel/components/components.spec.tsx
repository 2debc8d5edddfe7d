import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Clipboard } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { refreshIcon, VDomModel } from '@jupyterlab/ui-components';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import type { CheckFinding } from '../../protocol';
import {
  CheckList,
  CopyButton,
  createSection,
  Disclosure,
  Facts,
  FailureNote,
  ModelView,
  Progress,
  useTrans
} from '.';

const trans = nullTranslator.load('jupyterlab_bedrock_import');
const MARKUP = '<img src=x onerror="window.ran=true">';

function check(id: string, verdict: CheckFinding['verdict']): CheckFinding {
  return { id, verdict, found: `Found ${id}`, why: `Why ${id}`, nextStep: `Step ${id}` };
}

describe('checks', () => {
  it('show blockers, then warnings, and what is well behind one line', async () => {
    render(
      <CheckList
        checks={[check('a', 'ok'), check('b', 'warning'), check('c', 'ok'), check('d', 'blocker')]}
      />
    );
    const seen = (): (string | undefined)[] =>
      screen.getAllByRole('listitem').map(node => node.dataset['check']);
    expect(seen()).toEqual(['d', 'b']);
    await userEvent.click(screen.getByText('2 checks passed'));
    expect(seen()).toEqual(['d', 'b', 'a', 'c']);
    expect(screen.getByText('Step d')).toBeTruthy();
    expect(screen.queryByText('Step a')).toBeNull();
  });

  it('say why, with its source, as text', async () => {
    render(<CheckList checks={[{ ...check('a', 'warning'), why: MARKUP, source: 'A page' }]} />);
    expect(screen.queryByText(MARKUP)).toBeNull();
    await userEvent.click(screen.getByText('Why'));
    expect(screen.getByText(MARKUP)).toBeTruthy();
    expect(screen.getByText('A page')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });

  it('show nothing where nothing was checked', () => {
    const { container } = render(<CheckList checks={[]} />);
    expect(container.innerHTML).toBe('');
  });
});

describe('a button that copies', () => {
  it('copies, says so for a while, and is quiet again', async () => {
    const copy = jest.spyOn(Clipboard, 'copyToSystem').mockImplementation(() => undefined);
    jest.useFakeTimers();
    render(<CopyButton text="s3://bucket/" label="Copy the address" />);
    const button = screen.getByRole('button', { name: 'Copy the address' });
    act(() => button.click());
    expect(copy).toHaveBeenCalledWith('s3://bucket/');
    expect(screen.getByRole('status').textContent).toBe('Copied');
    act(() => void jest.advanceTimersByTime(1_500));
    expect(screen.getByRole('status').textContent).toBe('');
    jest.useRealTimers();
    copy.mockRestore();
  });
});

describe('details under one line', () => {
  it('are made only when they are opened', async () => {
    const make = jest.fn(() => 'inside');
    render(<Disclosure summary="More">{make}</Disclosure>);
    expect(make).not.toHaveBeenCalled();
    await userEvent.click(screen.getByText('More'));
    expect(screen.getByText('inside')).toBeTruthy();
  });

  it('can be open from the start', () => {
    render(
      <Disclosure summary="More" initiallyOpen>
        {() => 'inside'}
      </Disclosure>
    );
    expect(screen.getByText('inside')).toBeTruthy();
  });
});

describe('facts', () => {
  it('leave out what has no value, but not nought', () => {
    render(
      <Facts
        facts={[
          ['A', 'a'],
          ['B', undefined],
          ['C', ''],
          ['D', 0],
          ['E', null]
        ]}
      />
    );
    expect(screen.getAllByRole('term').map(({ textContent }) => textContent)).toEqual(['A', 'D']);
    expect(screen.getAllByRole('definition').map(({ textContent }) => textContent)).toEqual([
      'a',
      '0'
    ]);
  });
});

describe('a failure', () => {
  it('says what is wrong and what to do, and its code in the details, all as text', () => {
    render(
      <FailureNote
        failure={{
          code: 'SOME_CODE',
          message: MARKUP,
          nextStep: `Do ${MARKUP}`,
          subject: `Of ${MARKUP}`,
          kind: 'failed'
        }}
      >
        <button>Again</button>
      </FailureNote>
    );
    const alert = within(screen.getByRole('alert'));
    for (const text of ['SOME_CODE', MARKUP, `Do ${MARKUP}`, `Of ${MARKUP}`, 'Again']) {
      expect(alert.getByText(text)).toBeTruthy();
    }
    expect(document.querySelector('img')).toBeNull();
  });

  it('that nobody foresaw has a next step, too', () => {
    render(
      <FailureNote failure={{ code: 'UNEXPECTED', message: 'x', nextStep: '', kind: 'failed' }} />
    );
    expect(screen.getByText(/Try again; if it stays so/)).toBeTruthy();
  });
});

describe('progress', () => {
  it('has a name and a number', () => {
    render(<Progress label="Copy" percent={42} />);
    const bar = screen.getByRole('progressbar', { name: 'Copy' });
    expect(bar.getAttribute('aria-valuenow')).toBe('42');
  });

  it('has no number while nobody can say', () => {
    render(<Progress label="Copy" />);
    expect(screen.getByRole('progressbar').hasAttribute('aria-valuenow')).toBe(false);
  });
});

describe('a section', () => {
  it('has a title, tools with names, and a body', async () => {
    const onClick = jest.fn();
    const body = new Widget();
    const section = createSection({
      id: 'some-section',
      label: 'Some section',
      body,
      tools: [{ id: 'refresh', icon: refreshIcon, label: 'Refresh', onClick }],
      trans
    });
    act(() => Widget.attach(section, document.body));
    expect(section.title.label).toBe('Some section');
    expect(section.widgets).toContain(body);
    expect(section.toolbar.node.getAttribute('aria-label')).toBe('Some section toolbar');
    act(() => section.dispose());
    expect(body.isDisposed).toBe(true);
  });
});

describe('the view of a model', () => {
  it('is drawn anew when the model changes, in the language that it was given', async () => {
    const model = new VDomModel();
    let count = 1;
    const view = new ModelView(model, {
      trans,
      Body: () => <p>{useTrans().__('Count %1', count)}</p>
    });
    const settle = (): Promise<void> =>
      act(async () => {
        MessageLoop.flush();
        await new Promise(resolve => setTimeout(resolve, 20));
      });
    act(() => Widget.attach(view, document.body));
    await settle();
    expect(screen.getByText('Count 1')).toBeTruthy();
    count = 2;
    model.stateChanged.emit();
    await settle();
    expect(screen.getByText('Count 2')).toBeTruthy();
    act(() => view.dispose());
    model.dispose();
  });
});
