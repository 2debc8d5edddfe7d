import { thrownBy } from '../testing/thrownBy';
import { findTemplateFault, readChatTemplates, replaceChatTemplate } from '.';

const NEW = "{% for m in messages %}{{ m['content'] }}{% endfor %}\n";
const config = (value: unknown): string =>
  JSON.stringify({ bos_token: '<s>', chat_template: value, model_max_length: 8192 }, null, 2);

describe('reading', () => {
  it('finds the one in tokenizer_config.json', () => {
    const reading = readChatTemplates({ 'tokenizer_config.json': config('hello') });
    const place = { path: 'tokenizer_config.json', form: 'string', template: 'hello' };
    expect(reading).toEqual({ places: [place], effective: place, problems: [] });
  });

  it.each([
    [{}],
    [{ 'tokenizer_config.json': '{"a":1}' }],
    [{ 'tokenizer_config.json': config(null) }]
  ])('finds none in %j', texts => {
    expect(readChatTemplates(texts)).toEqual({ places: [], problems: [] });
  });

  it('lets chat_template.jinja win, then chat_template.json, and says what is hidden', () => {
    const texts = {
      'tokenizer_config.json': config('one'),
      'chat_template.json': JSON.stringify({ chat_template: 'two' }),
      'chat_template.jinja': 'three'
    };
    const reading = readChatTemplates(texts);
    expect(reading.effective).toMatchObject({ path: 'chat_template.jinja', template: 'three' });
    expect(reading.places.map(({ path }) => path)).toEqual(Object.keys(texts).reverse());
    expect(reading.problems).toEqual([
      'chat_template.jinja wins over the different chat template in chat_template.json.',
      'chat_template.jinja wins over the different chat template in tokenizer_config.json.'
    ]);
    const { effective } = readChatTemplates({
      ...texts,
      'chat_template.jinja': undefined as never
    });
    expect(effective?.path).toBe('chat_template.json');
  });

  it('says nothing about a copy of the same template', () => {
    const texts = { 'tokenizer_config.json': config('same'), 'chat_template.jinja': 'same' };
    expect(readChatTemplates(texts).problems).toEqual([]);
  });

  it('takes the default of a list of named templates', () => {
    const list = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'plain' }
    ];
    const { places, effective } = readChatTemplates({ 'tokenizer_config.json': config(list) });
    expect(places.map(({ name, form }) => [name, form])).toEqual([
      ['tool_use', 'named-list'],
      ['default', 'named-list']
    ]);
    expect(effective).toMatchObject({ name: 'default', template: 'plain' });
  });

  it('takes none of a list without a default, and says so', () => {
    const list = [{ name: 'rag', template: 'x' }, { name: 'broken' }];
    const reading = readChatTemplates({ 'tokenizer_config.json': config(list) });
    expect(reading.effective).toBeUndefined();
    expect(reading.problems.join(' ')).toMatch(/no name or no template.*"default"/);
  });

  it('lists the files of additional_chat_templates, which do not win', () => {
    const texts = {
      'additional_chat_templates/tool_use.jinja': 'tools',
      'tokenizer_config.json': config('plain')
    };
    const { places, effective } = readChatTemplates(texts);
    expect(places.map(({ name }) => name)).toEqual([undefined, 'tool_use']);
    expect(effective?.template).toBe('plain');
  });

  it.each([
    [{ 'tokenizer_config.json': '{"chat_template": ' }, 'not a JSON object'],
    [{ 'tokenizer_config.json': config(7) }, 'neither a text'],
    [{ 'tokenizer_config.json': config('a\n{% if %}') }, 'does not parse near line 2'],
    [{ 'chat_template.jinja': ' \n' }, 'is empty']
  ])('tells what is wrong with %j', (texts, words) => {
    expect(readChatTemplates(texts).problems.join(' ')).toContain(words);
  });
});

describe('replacing', () => {
  it('changes the value in tokenizer_config.json and no other byte', () => {
    const before = '{\n  "n": 1e30, "m": 1.0,\n  "é": "\\u00e9", "chat_template": "old"\n}';
    const [rewrite, ...more] = replaceChatTemplate({ 'tokenizer_config.json': before }, NEW);
    expect(more).toEqual([]);
    expect(rewrite).toMatchObject({ path: 'tokenizer_config.json', before });
    expect(rewrite?.after).toBe(before.replace('"old"', JSON.stringify(NEW)));
  });

  it('ends up with the given template in every place', () => {
    const texts = {
      'config.json': '{}',
      'tokenizer_config.json': config([{ name: 'default', template: 'a' }]),
      'chat_template.json': '{"chat_template": "b"}',
      'chat_template.jinja': 'c',
      'additional_chat_templates/tool_use.jinja': 'd'
    };
    const rewrites = replaceChatTemplate(texts, NEW);
    const after: Record<string, string> = { ...texts };
    for (const { path, after: text } of rewrites) {
      if (text === undefined) {
        Reflect.deleteProperty(after, path);
      } else {
        after[path] = text;
      }
    }
    const reading = readChatTemplates(after);
    expect(reading.places.map(({ form }) => form)).toEqual(['file', 'string', 'string']);
    expect(new Set(reading.places.map(({ template }) => template))).toEqual(new Set([NEW]));
    expect(reading.problems).toEqual([]);
    expect(after['config.json']).toBe('{}');
    expect(rewrites.find(({ path }) => path.startsWith('additional'))?.after).toBeUndefined();
    expect(rewrites.every(({ summary }) => summary.length > 20)).toBe(true);
  });

  it('adds the key to a tokenizer_config.json without one', () => {
    const [rewrite] = replaceChatTemplate({ 'tokenizer_config.json': '{"a":1}' }, NEW);
    expect(JSON.parse(rewrite?.after ?? '')).toEqual({ a: 1, chat_template: NEW });
    expect(rewrite?.summary).toContain('gets a chat_template');
  });

  it('writes chat_template.jinja for a model without tokenizer_config.json', () => {
    expect(replaceChatTemplate({}, NEW)).toEqual([
      {
        path: 'chat_template.jinja',
        before: undefined,
        after: NEW,
        summary: expect.stringContaining('no tokenizer_config.json')
      }
    ]);
  });

  it('lists nothing when everything holds the template already', () => {
    const texts = { 'tokenizer_config.json': config(NEW), 'chat_template.jinja': NEW };
    expect(replaceChatTemplate(texts, NEW)).toEqual([]);
  });

  it('leaves out a byte order mark of the given file', () => {
    expect(replaceChatTemplate({}, `\uFEFF${NEW}`)[0]?.after).toBe(NEW);
  });

  it.each([
    ['', 'empty'],
    ['  \n', 'empty'],
    ['a\nb {% endfor %}\nc', 'near line 2'],
    ['{% for m in messages %}\n{{ m }}\n', 'not valid Jinja'],
    ['{{ "open', 'not valid Jinja']
  ])('refuses the template %j', (template, words) => {
    const error = thrownBy(() => replaceChatTemplate({ 'tokenizer_config.json': '{}' }, template));
    expect(error).toMatchObject({ code: 'CHAT_TEMPLATE_INVALID', kind: 'blocked' });
    expect(error.message).toContain(words);
  });

  it.each(['{"a":', '[]', '{"a":1,}'])('refuses to edit %s', text => {
    const error = thrownBy(() => replaceChatTemplate({ 'tokenizer_config.json': text }, NEW));
    expect(error).toMatchObject({ code: 'CHAT_TEMPLATE_PLACE_INVALID', kind: 'blocked' });
  });
});

it.each([
  ['{% if a %}\nx\ny', 1],
  ['x\n{% for a in b %}\n{% if c %}\n{% endif %}\n', 2],
  ['a\n\n{{ b | }}\nc', 3],
  ['a\nb {% wrong %}', 2]
])('tells near which line %j is wrong', (template, line) => {
  expect(findTemplateFault(template)?.line).toBe(line);
});

it('finds nothing wrong with a template that parses', () => {
  expect(findTemplateFault('{% if a %}\nx\n{% endif %}')).toBeUndefined();
});
