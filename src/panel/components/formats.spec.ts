import { nullTranslator } from '@jupyterlab/translation';

import { formatBytes, formatDuration, formatParameters, formatTime, percentOf } from './formats';

const trans = nullTranslator.load('jupyterlab');

describe('formats', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 kB'],
    [269_060_552, '269.1 MB'],
    [66_050_000_000, '66.05 GB'],
    [1.5e12, '1.50 TB']
  ])('writes %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [3_599, '1 h 0 min'],
    [3_900, '1 h 5 min']
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds, trans)).toBe(text);
  });

  it('writes parameters as they are spoken of', () => {
    expect(formatParameters(8_030_261_248)).toBe('8.03 B');
    expect(formatParameters(134_515_008)).toBe('135 M');
  });

  it('names the year of a time only where it is another one', () => {
    const year = new Date().getFullYear();
    expect(formatTime(`${year}-03-04T05:06:00`)).not.toContain(`${year}`);
    expect(formatTime(`${year - 2}-03-04T05:06:00`)).toContain(`${year - 2}`);
    expect(formatTime('not a time')).toBe('not a time');
  });

  it('says 100 % only when nothing is left', () => {
    expect(percentOf(999_999, 1_000_000)).toBe(99);
    expect(percentOf(1, 1)).toBe(100);
    expect(percentOf(0, 0)).toBe(0);
  });
});
