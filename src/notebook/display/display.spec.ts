import {
  badge,
  bar,
  code,
  details,
  DISPLAY,
  displayedAs,
  heading,
  hideSecret,
  html,
  keyValues,
  LiveDisplay,
  note,
  points,
  SafeHtml,
  show,
  stack,
  table,
  View
} from '.';
import { recordJupyter, requireBothForms, requireOwnMarkup } from './testing/recordedJupyter';
import type { RecordedJupyter } from './testing/recordedJupyter';

const HOSTILE = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "' onmouseover='alert(1)",
  '</td></table><iframe src="javascript:alert(1)">',
  '&lt;b&gt; <!-- <svg/onload=alert(1)>'
].join(' ');

describe('markup', () => {
  it('is never made of text, wherever the text stands', () => {
    const views = [
      note(HOSTILE),
      heading(HOSTILE),
      code(HOSTILE),
      badge(HOSTILE, 'ok'),
      points([HOSTILE]),
      bar(0.5, HOSTILE),
      details(HOSTILE, note(HOSTILE)),
      keyValues([[HOSTILE, HOSTILE]]),
      table([[HOSTILE, note(HOSTILE)]], { head: [HOSTILE, HOSTILE], empty: HOSTILE }),
      table([], { empty: HOSTILE }),
      new View(html(HOSTILE), HOSTILE),
      new View(html`<b title="${HOSTILE}">${[HOSTILE, undefined, false, null]}</b>`, HOSTILE)
    ];
    for (const view of [...views, stack(...views)]) {
      const { 'text/html': markup } = view[DISPLAY]();
      requireOwnMarkup(String(markup));
      expect(markup).toContain('&lt;img src=x onerror=alert(1)&gt;');
      expect(view.text).toContain('<img src=x onerror=alert(1)>');
    }
    expect(html('&lt;').toString()).toBe('&amp;lt;');
  });

  it('shows what would reorder or hide a name, and steers no terminal', () => {
    const view = keyValues([['File', 'model\u202etxt.\u001b[31mexe\u200b']]);
    for (const text of Object.values(view[DISPLAY]())) {
      expect(text).toContain('model\\u202etxt.\\x1b[31mexe\\u200b');
    }
  });

  it('keeps what was built, and shows nothing for what is missing', () => {
    const inner = html`<b>${1}</b>`;
    expect(html`${inner}${undefined}${false}${[inner, '<']}`.toString()).toBe(
      '<b>1</b><b>1</b>&lt;'
    );
    // Where lines break in the source must not show in text that keeps its breaks.
    const laidOut = ['<p\n  class="x"\n>\n  ', '\n  <b>', '</b>\n</p>\n'];
    expect(SafeHtml.build(laidOut, ['one\ntwo', 'three']).toString()).toBe(
      '<p class="x" >one\ntwo<b>three</b></p>'
    );
  });
});

describe('a bar', () => {
  it.each([
    [Number.NaN, '0'],
    [-1, '0'],
    [7, '100'],
    [0.4567, '45.6']
  ])('of %s is drawn as %s %%', (share, percent) => {
    expect(bar(share, 'words').html.toString()).toContain(`width: ${percent}%`);
  });
});

describe('a table', () => {
  it('says in plain text what it says in markup', () => {
    const view = table(
      [
        ['a', 1, note('of its own')],
        ['long', 22, undefined]
      ],
      { head: ['Name', 'Size', 'Note'], columns: ['left', 'right', 'left'] }
    );
    expect(view.text.split('\n')).toEqual([
      'Name  Size  Note',
      'a        1  of its own',
      'long    22'
    ]);
    expect(view.html.toString().match(/<td/g)).toHaveLength(6);
  });

  it('leaves fields without a value out', () => {
    expect(
      keyValues([
        ['A', undefined],
        ['B', 0],
        ['C', '']
      ]).text
    ).toBe('B  0');
  });
});

describe('what is shown', () => {
  let jupyter: RecordedJupyter;

  beforeEach(() => {
    jupyter = recordJupyter();
  });

  afterEach(() => jupyter.remove());

  it('has markup and plain text, and a picture as SVG too', async () => {
    await show(note('words'));
    await show(new View(html`<svg></svg>`, 'a picture', html`<svg></svg>`));
    requireBothForms(jupyter.sent);
    expect(Object.keys(jupyter.sent[0] ?? {}).sort()).toEqual(['text/html', 'text/plain']);
    expect(jupyter.sent[1]).toMatchObject({
      'image/svg+xml': '<svg></svg>',
      'text/plain': 'a picture'
    });
  });

  it('may be plain data with a view, which stays plain data', async () => {
    const value = displayedAs({ answer: 42 }, () => note('forty-two'));
    expect(JSON.stringify(value)).toBe('{"answer":42}');
    expect({ ...value }).toEqual({ answer: 42 });
    await show(value);
    expect(jupyter.lastText()).toBe('forty-two');
  });

  it('holds no secret, even if a text does', async () => {
    const before = process.env.AWS_SECRET_ACCESS_KEY;
    process.env.AWS_SECRET_ACCESS_KEY = 'SecretOfTheSpec/+WithSigns1234';
    hideSecret('token-of-a-file-0123456789');
    const text =
      'SecretOfTheSpec/+WithSigns1234 token-of-a-file-0123456789 https://h/?X-Amz-Signature=abcdef0123 hf_AbcdefGhijklMnopqrst';
    try {
      await show(note(text));
      await show({ 'text/plain': 'x', 'application/json': { deep: [text] } });
    } finally {
      process.env.AWS_SECRET_ACCESS_KEY = before ?? '';
    }
    const sent = JSON.stringify(jupyter.sent);
    expect(sent).toContain('***');
    for (const secret of ['SecretOfTheSpec', 'token-of-a-file', 'abcdef0123', 'hf_Abc']) {
      expect(sent).not.toContain(secret);
    }
  });

  it('is one display that is updated in place, and ends with the newest content', async () => {
    const live = await LiveDisplay.open(note('first'));
    const updates = Array.from({ length: 50 }, (_, index) => live.update(note(`update ${index}`)));
    await Promise.all(updates);
    await live.finish(note('last'));
    expect(jupyter.standing()).toHaveLength(1);
    expect(jupyter.lastText()).toBe('last');
    // A front end that would have to draw each of them could not be used meanwhile.
    expect(jupyter.sent.length).toBeLessThan(10);
    expect(jupyter.sent.map(bundle => bundle['text/plain'])).toContain('update 49');
  });
});

describe('in Deno', () => {
  it('what its kernel offers is used', async () => {
    const place = globalThis as { Deno?: unknown };
    const shown: unknown[] = [];
    place.Deno = { jupyter: { display: async (...given: unknown[]) => void shown.push(given) } };
    try {
      await show(note('shown'));
    } finally {
      delete place.Deno;
    }
    expect(shown).toEqual([[expect.objectContaining({ 'text/plain': 'shown' }), { raw: true }]]);
  });

  it('a refusal to be asked outside a kernel counts as none', async () => {
    const place = globalThis as { Deno?: unknown };
    place.Deno = {
      get jupyter(): never {
        throw new Error('Deno.jupyter is only available in `deno jupyter` subcommand');
      }
    };
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      await show(note('shown'));
      expect(log).toHaveBeenCalledWith('shown');
    } finally {
      log.mockRestore();
      delete place.Deno;
    }
  });
});

describe('without Jupyter', () => {
  it('plain text is printed, and of a live display the first and the last', async () => {
    const printed: unknown[] = [];
    const log = jest.spyOn(console, 'log').mockImplementation(text => void printed.push(text));
    try {
      await show(note('shown'));
      const live = await LiveDisplay.open(note('first'));
      await live.update(note('between'));
      await live.finish(note('last'));
    } finally {
      log.mockRestore();
    }
    expect(printed).toEqual(['shown', 'first', 'last']);
  });
});
