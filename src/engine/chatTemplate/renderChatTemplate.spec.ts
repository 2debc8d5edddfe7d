import { renderChatTemplate } from '.';
import type { ChatTemplateMessage } from '.';

const TURNS =
  '{{ bos_token }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}';
const HELLO: ChatTemplateMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hello' }
];
const WEATHER = {
  type: 'function' as const,
  function: { name: 'get_weather', parameters: { type: 'object' } }
};

describe('a conversation', () => {
  it('is laid out with its tokens and the beginning of the answer', () => {
    const rendered = renderChatTemplate(TURNS, {
      messages: HELLO,
      bosToken: '<s>',
      eosToken: '</s>'
    });
    expect(rendered).toBe('<s><system>Be brief.</s>\n<user>Hello</s>\n<assistant>');
  });

  it('can end without the beginning of the answer', () => {
    const rendered = renderChatTemplate(TURNS, { messages: HELLO, addGenerationPrompt: false });
    expect(rendered).toBe('<system>Be brief.\n<user>Hello\n');
  });

  it('has whitespace control as in transformers', () => {
    const rendered = renderChatTemplate('{% if true %}\n  {% set a = 1 %}\nx\n{% endif %}\ny', {
      messages: []
    });
    expect(rendered).toBe('x\ny');
  });
});

describe('what templates ask for', () => {
  const render = (template: string, more: object = {}): string =>
    renderChatTemplate(template, { messages: HELLO, ...more });

  it('holds tools, and none where there are none', () => {
    const template = '{% if tools is none %}none{% else %}{{ tools[0] | tojson }}{% endif %}';
    expect(render(template)).toBe('none');
    expect(render(template, { tools: [] })).toBe('none');
    expect(JSON.parse(render(template, { tools: [WEATHER] }))).toEqual(WEATHER);
  });

  it('holds variables, the date and ranges', () => {
    const now = new Date(2026, 10, 5, 7, 8);
    expect(render('{{ date_string }}', { variables: { date_string: 'today' } })).toBe('today');
    expect(render("{{ strftime_now('%d %b %Y %H:%M %B %m %%') }}", { now })).toBe(
      '05 Nov 2026 07:08 November 11 %'
    );
    expect(render('{% for i in range(3) %}{{ i }}{% endfor %}')).toBe('012');
    expect(render('{% for i in range(4, 0, -2) %}{{ i }}{% endfor %}')).toBe('42');
  });

  it('cannot exchange the conversation', () => {
    expect(render('{{ messages | length }}', { variables: { messages: [] } })).toBe('2');
  });
});

describe('joining as Python does', () => {
  const join = (template: string): string =>
    renderChatTemplate(template, {
      messages: [{ role: 'user', content: { city: 'Paris' } }],
      variables: { words: ['a'], count: 2 }
    });

  it.each([
    ["{{ 'a' + 'b' + 'c' }}", 'abc'],
    ['{{ 1 + count }}', '3'],
    ['{{ (words + words) | length }}', '2'],
    ['{% set ns = namespace(n=0) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}', '1']
  ])('takes %s', (template, expected) => {
    expect(join(template)).toBe(expected);
  });

  it.each([
    ["{{ 'a' + messages[0].content }}", 'a text and an object'],
    ["{{ 'a' + words }}", 'a text and a list'],
    ["{{ 'a' + count }}", 'a text and a number'],
    ["{{ 'a' + true }}", 'a text and true or false'],
    ["{{ 'a' + ('b' + messages[0].content) }}", 'a text and an object']
  ])('refuses %s', (template, words) => {
    expect(() => join(template)).toThrow(
      expect.objectContaining({
        code: 'CHAT_TEMPLATE_REFUSED',
        message: expect.stringContaining(words)
      })
    );
  });

  it('evaluates each side of a long chain once', () => {
    const chain = Array.from({ length: 60 }, () => "'x'").join(' + ');
    expect(join(`{{ ${chain} }}`)).toHaveLength(60);
  });

  it('refuses what is not there', () => {
    expect(() => join("{{ 'a' + nothing }}")).toThrow(/undefined/);
    expect(() => join("{{ 'a' + none }}")).toThrow(/null/);
  });
});

describe('refusals', () => {
  it('are those of the template in its own words', () => {
    const template = "{{ raise_exception('System role not supported') }}";
    expect(() => renderChatTemplate(template, { messages: HELLO })).toThrow(
      expect.objectContaining({
        code: 'CHAT_TEMPLATE_REFUSED',
        message: 'The chat template refuses the conversation: System role not supported'
      })
    );
  });

  it.each(['', '  \n', '{% if %}', '{% for m in messages %}'])(
    'are for what is no template: %j',
    bad => {
      expect(() => renderChatTemplate(bad, { messages: HELLO })).toThrow(
        expect.objectContaining({ code: 'CHAT_TEMPLATE_INVALID', kind: 'blocked' })
      );
    }
  );

  it('are for a range without end', () => {
    expect(() =>
      renderChatTemplate('{{ range(9999999999) | length }}', { messages: HELLO })
    ).toThrow(/range/);
    expect(() => renderChatTemplate('{{ range(0, 5, 0) }}', { messages: HELLO })).toThrow(/range/);
  });
});
