import { thrownBy } from '../../engine/testing/thrownBy';
import { fromCell } from '.';

describe('what another cell has made', () => {
  it('is given as it is, also where it counts as false', () => {
    expect(fromCell('count()', () => 0)).toBe(0);
    expect(fromCell('count()', () => '')).toBe('');
  });

  it('says which cell to run where its name has no value', () => {
    const reading = thrownBy(() =>
      fromCell('reviewModel()', () => {
        const read = () => late;
        const found = read();
        // As V8 does it for a `const` whose cell has failed.
        const late = 1;
        return found;
      })
    );
    expect(reading).toMatchObject({
      code: 'CELL_ORDER',
      message: 'Run the cell with reviewModel() first.'
    });
    expect(thrownBy(() => fromCell('reviewModel()', () => undefined)).code).toBe('CELL_ORDER');
  });

  it('lets every other failure through', () => {
    expect(() =>
      fromCell('reviewModel()', () => {
        throw new TypeError('of its own');
      })
    ).toThrow('of its own');
  });
});
