import { BufferPool } from './bufferPool';

describe('a pool of buffers', () => {
  it('lends no more than its budget and lets the others wait in order', async () => {
    const pool = new BufferPool(100);
    const first = await pool.take(60);
    const second = await pool.take(40);
    const got: string[] = [];
    const third = pool.take(50).then(buffer => {
      got.push('third');
      return buffer;
    });
    const fourth = pool.take(10).then(buffer => {
      got.push('fourth');
      return buffer;
    });
    second.giveBack();
    await Promise.resolve();
    // The small one would fit, but it came later.
    expect(got).toEqual([]);
    first.giveBack();
    expect((await third).bytes).toHaveLength(50);
    expect((await fourth).bytes).toHaveLength(10);
    expect(got).toEqual(['third', 'fourth']);
  });

  it('uses buffers again', async () => {
    const pool = new BufferPool(100);
    const first = await pool.take(50);
    const memory = first.bytes.buffer;
    first.giveBack();
    first.giveBack();
    const second = await pool.take(45);
    expect(second.bytes.buffer).toBe(memory);
    expect(second.bytes).toHaveLength(45);
    expect((await pool.take(45)).bytes.buffer).not.toBe(memory);
  });

  it('lends one that is larger than the budget alone', async () => {
    const pool = new BufferPool(10);
    const large = await pool.take(1000);
    let got = false;
    const next = pool.take(0).then(buffer => {
      got = true;
      return buffer;
    });
    await Promise.resolve();
    expect([large.bytes.length, got]).toEqual([1000, false]);
    large.giveBack();
    expect((await next).bytes).toHaveLength(0);
  });
});
