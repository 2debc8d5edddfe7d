import { shellLine } from './shellLine';

it('quotes what a shell would read otherwise', () => {
  expect(shellLine(['ask', "what's up?", '--x=1', ''])).toBe("ask 'what'\\''s up?' --x=1 ''");
});
