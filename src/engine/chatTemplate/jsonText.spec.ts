import fc from 'fast-check';
import { locateMembers, setStringMember } from './jsonText';

const KEY = 'chat_template';

it.each([
  [
    'in place',
    '{"a": 1, "chat_template": "old", "b": 2}',
    '{"a": 1, "chat_template": "new", "b": 2}'
  ],
  [
    'an escaped old value',
    String.raw`{"chat_template":"a\"},\\","b":1}`,
    '{"chat_template":"new","b":1}'
  ],
  [
    'a key with escapes',
    String.raw`{"chat\u005ftemplate":null}`,
    String.raw`{"chat\u005ftemplate":"new"}`
  ],
  [
    'a list',
    '{"chat_template": [{"name": "}", "template": "]"}], "z": []}',
    '{"chat_template": "new", "z": []}'
  ],
  [
    'each of two',
    '{"chat_template":"x","a":1,"chat_template":"y"}',
    '{"chat_template":"new","a":1,"chat_template":"new"}'
  ],
  [
    'only the top level',
    '{"a":{"chat_template":"x"},"chat_template":3.0}',
    '{"a":{"chat_template":"x"},"chat_template":"new"}'
  ],
  [
    'new, indented by two',
    '{\n  "a": 1.0,\n  "b": 1e30\n}\n',
    '{\n  "a": 1.0,\n  "b": 1e30,\n  "chat_template": "new"\n}\n'
  ],
  ['new, after one member', '{\n\t"a": true\n}', '{\n\t"a": true,\n\t"chat_template": "new"\n}'],
  ['new, on one line', '{"a": 1, "b": {}}', '{"a": 1, "b": {}, "chat_template": "new"}'],
  ['new, packed', '{"a":1,"b":[]}', '{"a":1,"b":[],"chat_template":"new"}'],
  [
    'new, in windows lines',
    '{\r\n  "a": 1,\r\n  "b": 2\r\n}',
    '{\r\n  "a": 1,\r\n  "b": 2,\r\n  "chat_template": "new"\r\n}'
  ],
  ['new, in an empty object', '{ }', '{\n  "chat_template": "new"\n}'],
  ['behind a byte order mark', '\uFEFF{"a":1}', '\uFEFF{"a":1,"chat_template":"new"}']
])('sets a value: %s', (_name, before, after) => {
  expect(setStringMember(before, KEY, 'new')).toBe(after);
});

it('leaves numbers, escapes, repeated keys and layout as they are', () => {
  const before = String.raw`{ "n":1e30 ,"m" : 1.0, "big": 1000000000000000019884624838656,
    "e": "\u00e9\/é", "dup": 1, "dup": 2, "chat_template"	:
      "x" , "_": -0.0 }`;
  const after = setStringMember(before, KEY, 'é\n"🙂"');
  expect(after).toBe(before.replace('"x"', String.raw`"é\n\"🙂\""`));
});

it.each([
  '',
  '[]',
  '"a"',
  '{"a" 1}',
  '{"a":1',
  '{"a":"x}',
  '{"a":[1}',
  '{a:1}',
  '{"a":}',
  '{"a":1,}'
])('refuses what is not an object: %s', text => {
  expect(() => locateMembers(text)).toThrow(SyntaxError);
});

const json = fc.dictionary(fc.string(), fc.jsonValue());
const spacing = fc.constantFrom(undefined, 1, 2, 4, '\t');

it('changes that one value and nothing else, whatever the object', () => {
  fc.assert(
    fc.property(json, spacing, fc.string(), (object, indent, value) => {
      const text = JSON.stringify(object, null, indent);
      const edited = setStringMember(text, KEY, value);
      const expected = { ...(JSON.parse(text) as object), [KEY]: value };
      expect(JSON.parse(edited)).toEqual(JSON.parse(JSON.stringify(expected)));
      // Taking the member out again gives the same bytes.
      const member = locateMembers(edited).members.find(({ key }) => key === KEY);
      const kept = edited.slice(0, member?.valueStart) + edited.slice(member?.valueEnd);
      const others = locateMembers(text).members.filter(({ key }) => key !== KEY);
      for (const { keyStart, valueEnd } of others) {
        expect(kept).toContain(text.slice(keyStart, valueEnd));
      }
    })
  );
});

it('finds the members of every object that JSON.parse reads', () => {
  fc.assert(
    fc.property(json, spacing, (object, indent) => {
      const text = JSON.stringify(object, null, indent);
      const { members } = locateMembers(text);
      const values = members.map(({ valueStart, valueEnd }): unknown =>
        JSON.parse(text.slice(valueStart, valueEnd))
      );
      expect(members.map(({ key }) => key)).toEqual(Object.keys(JSON.parse(text) as object));
      expect(values).toEqual(Object.values(JSON.parse(text) as object));
    })
  );
});
