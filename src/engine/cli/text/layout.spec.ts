import {
  fieldLines,
  formatClock,
  formatDuration,
  pointLines,
  tableLines,
  wrapLines
} from './layout';

it('aligns fields and leaves out those without a value', () => {
  expect(
    fieldLines([
      ['Name', 'a'],
      ['Long label', 3],
      ['Gone', undefined]
    ])
  ).toEqual(['Name        a', 'Long label  3']);
});

it('aligns columns by cells and neutralises what is in them', () => {
  expect(
    tableLines(
      [
        ['模型', '1 B'],
        ['a\u001bb', '20 kB']
      ],
      { columns: ['left', 'right'], head: ['Path', 'Size'] }
    )
  ).toEqual(['Path     Size', '模型      1 B', 'a\\x1bb  20 kB']);
});

it('wraps between words', () => {
  expect(wrapLines('one two three', 9, 2)).toEqual(['  one two', '  three']);
  expect(wrapLines('unbreakableword', 5)).toEqual(['unbreakableword']);
});

it('hangs the later lines of a point', () => {
  expect(pointLines('one two three', 11, 2)).toEqual(['  - one two', '    three']);
});

it.each([
  [0, '0 s', '0:00'],
  [0.42, '0.4 s', '0:00'],
  [59.4, '59 s', '0:59'],
  [65, '1 min 05 s', '1:05'],
  [3725, '1 h 02 min', '1:02:05']
])('writes %d seconds as %s and %s', (seconds, duration, clock) => {
  expect(formatDuration(seconds)).toBe(duration);
  expect(formatClock(seconds)).toBe(clock);
});
