import { TINY_TEMPLATE } from '../../engine/cli/testing/tinyModel';
import type { FileRewrite } from '../../engine';
import { DISPLAY } from '../display';
import type { Displayed } from '../display';
import { copyToS3, planCopyToS3 } from '../importModel';
import { connect } from '../session';
import { MODEL, startNotebookTrial } from '../session/testing/notebookTrial';
import type { NotebookTrial } from '../session/testing/notebookTrial';
import {
  comparePrompts,
  compareWithHub,
  markersTable,
  promptView,
  readModelTemplate,
  rewriteView
} from '.';

const OTHER = '{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}';

const shownBy = async (view: Displayed) => {
  const bundle = await view[DISPLAY]();
  return { html: String(bundle['text/html']), text: String(bundle['text/plain']) };
};

describe('prompts beside each other', () => {
  const templates = [
    { title: 'Tiny', template: TINY_TEMPLATE },
    { title: 'Strict', template: "{{ raise_exception('no turns, please') }}" },
    { title: '<b>Other</b>', template: `{{ bos_token }}${OTHER}`, bosToken: '<s>' }
  ];
  const messages = [{ role: 'user', content: '</pre><script>alert(1)</script>' }];

  it('are what each template makes, or why it makes none', () => {
    expect([...comparePrompts(templates, { messages })]).toEqual([
      {
        title: 'Tiny',
        prompt: `<|im_start|>user\n${messages[0]?.content}<|im_end|>\n<|im_start|>assistant\n`
      },
      { title: 'Strict', refusal: expect.stringContaining('no turns, please') },
      { title: '<b>Other</b>', prompt: `<s>[user]${messages[0]?.content}` }
    ]);
  });

  it('are shown with their markers in colour, and never as markup', async () => {
    const { html, text } = await shownBy(comparePrompts(templates, { messages }));
    expect(html).toContain('>&lt;|im_start|&gt;</b>');
    expect(html).toContain('>&lt;s&gt;</b>');
    expect(html).toContain('&lt;b&gt;Other&lt;/b&gt;');
    expect(html).not.toContain('<script');
    expect(html.match(/<td /g)).toHaveLength(3);
    expect(text).toContain('<|im_start|>user\n</pre><script>alert(1)</script><|im_end|>');
    expect(text).toContain('refuses the conversation: no turns, please');
  });

  it('can be none', async () => {
    expect((await shownBy(comparePrompts([], { messages }))).html).toContain('<table');
  });

  it('need templates that are templates', () => {
    const broken = [{ title: 'Broken', template: '{% if' }];
    expect(() => comparePrompts(broken, { messages })).toThrow(
      expect.objectContaining({ code: 'CHAT_TEMPLATE_INVALID' })
    );
  });
});

describe('markers', () => {
  it.each([
    ['<|im_start|>user', ['<|im_start|>']],
    [
      '<｜begin▁of▁sentence｜><｜User｜>Hi<think>',
      ['<｜begin▁of▁sentence｜>', '<｜User｜>', '<think>']
    ],
    ['<s>[INST] Hi [/INST]', ['<s>', '[INST]', '[/INST]']],
    ['a < b | c > d, <b>, [1]', []]
  ])('of %s', (prompt, markers) => {
    const { html } = promptView(prompt);
    const bold = html.toString().match(/<b [^>]*>/g) ?? [];
    expect(bold).toHaveLength(markers.length);
    for (const marker of markers) {
      expect(markersTable(prompt, [marker]).text).toMatch(
        new RegExp(`${marker.replace(/[|[\]/]/g, '\\$&')} +one token`)
      );
    }
  });

  it('that the tokenizer does not know are counted', () => {
    const { text } = markersTable('<|a|><|b|><|a|>', ['<|b|>']);
    expect(text).toMatch(/<\|a\|> +unknown/);
    expect(text).toMatch(/<\|b\|> +one token/);
    expect(text).toContain('1 of 2 markers are unknown');
    expect(markersTable('plain', []).text).toContain('no markers');
  });
});

describe('what is rewritten', () => {
  const view = (before: string | undefined, after: string | undefined): string => {
    const rewrite: FileRewrite = { path: 'a.json', before, after, summary: 'a.json is changed' };
    return rewriteView(rewrite).text;
  };

  it('is shown with the lines around it', () => {
    const before = ['{', '"a": 1,', '"b": 2,', '"c": 3,', '"d": 4,', '"e": 5', '}'].join('\n');
    const text = view(before, before.replace('"c": 3', '"c": 33'));
    expect(text).toContain('a.json is changed.');
    expect(text.split('\n').slice(-6)).toEqual([
      '  "a": 1,',
      '  "b": 2,',
      '- "c": 3,',
      '+ "c": 33,',
      '  "d": 4,',
      '  "e": 5'
    ]);
  });

  it('may be a whole file', () => {
    expect(view(undefined, 'new\nlines')).toContain('+ new\n+ lines');
    expect(view('old', undefined)).toContain('- old');
  });

  it('may repeat itself', () => {
    expect(view('x\nx', 'x\nx\nx').match(/^\+ x$/gm)).toHaveLength(1);
    expect(view('x\nx\nx', 'x').match(/^- x$/gm)).toHaveLength(2);
  });

  it('is cut where a line is long', () => {
    expect(view('short', 'y'.repeat(1000))).toContain(`${'y'.repeat(400)}… (600 more characters)`);
  });
});

describe('with a model', () => {
  let trial: NotebookTrial;

  beforeAll(async () => {
    trial = await startNotebookTrial({
      models: { 'trial/plain': { 'config.json': '{"architectures":["LlamaForCausalLM"]}' } }
    });
  });
  afterAll(() => trial.stop());

  it('comes after connect()', async () => {
    await expect(readModelTemplate()).rejects.toMatchObject({ code: 'CELL_ORDER' });
    await connect({ model: MODEL });
  });

  it('its template is read with its tokens', async () => {
    const own = await readModelTemplate();
    expect(own).toMatchObject({
      model: MODEL,
      template: TINY_TEMPLATE,
      path: 'tokenizer_config.json',
      bosToken: '<|im_start|>',
      eosToken: '<|im_end|>'
    });
    expect(own.tokens).toEqual(expect.arrayContaining(['<|im_start|>', '<|endoftext|>']));
    expect((await shownBy(own)).text).toContain(TINY_TEMPLATE.slice(0, 40));
    await expect(readModelTemplate('trial/plain')).rejects.toMatchObject({
      code: 'CHAT_TEMPLATE_MISSING'
    });
  });

  it('a template that was exchanged on the way leaves the hub as it was', async () => {
    const plan = await planCopyToS3({ prefix: 'exchanged', chatTemplate: OTHER });
    await copyToS3(plan);
    const compared = await compareWithHub(plan);
    expect(compared).toMatchObject({
      path: 'tokenizer_config.json',
      hub: { template: TINY_TEMPLATE },
      s3: { template: OTHER },
      hubUnchanged: true
    });
    expect(compared.hub.sha256).not.toBe(compared.s3.sha256);
    const { text } = await shownBy(compared);
    expect(text).toContain(compared.hub.sha256);
    expect(text).toContain('what it was');
    const changed = { ...plan, rewrites: plan.rewrites.map(one => ({ ...one, before: 'x' })) };
    expect((await shownBy(await compareWithHub(changed))).text).toContain('has changed since');
    await expect(compareWithHub(plan, 'config.json')).rejects.toMatchObject({
      code: 'NOT_REWRITTEN'
    });
  });
});
