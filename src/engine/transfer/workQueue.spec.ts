import { WorkQueue } from './workQueue';

async function drain(queue: WorkQueue<string>): Promise<string[]> {
  const seen: string[] = [];
  for (let part = await queue.take(); part !== undefined; part = await queue.take()) {
    seen.push(`${part.file}${part.index}`);
    queue.release();
  }
  return seen;
}

describe('WorkQueue', () => {
  it('hands out every part of every file once, in order', async () => {
    const queue = new WorkQueue<string>();
    queue.push({ file: 'a', partCount: 2 });
    queue.push({ file: 'b', partCount: 1 });
    expect(await drain(queue)).toEqual(['a0', 'a1', 'b0']);
  });

  it('keeps idle workers while running work may still add to it', async () => {
    const queue = new WorkQueue<string>();
    queue.push({ file: 'a', partCount: 1 });
    const first = await queue.take();
    const idle = queue.take();
    queue.push({ file: 'again', partCount: 1 });
    queue.release();
    expect(first).toEqual({ file: 'a', index: 0 });
    expect(await idle).toEqual({ file: 'again', index: 0 });
  });

  it('lets idle workers go when the last work ends', async () => {
    const queue = new WorkQueue<string>();
    queue.push({ file: 'a', partCount: 1 });
    await queue.take();
    const idle = [queue.take(), queue.take()];
    queue.release();
    expect(await Promise.all(idle)).toEqual([undefined, undefined]);
  });

  it('hands out nothing after it was closed', async () => {
    const queue = new WorkQueue<string>();
    queue.push({ file: 'a', partCount: 5 });
    await queue.take();
    const idle = queue.take();
    queue.close();
    expect(await idle).not.toBeUndefined();
    expect(await queue.take()).toBeUndefined();
  });
});
