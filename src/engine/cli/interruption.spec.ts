import { tinyModel } from './testing/tinyModel';
import { startTrial, Trial } from './testing/trial';

let trial: Trial;
beforeAll(async () => {
  trial = await startTrial({
    models: { 'trial/large': tinyModel({ shards: 2, paddingBytes: 24e6 }) },
    args: ['--bandwidth', '6MB']
  });
}, 60_000);
afterAll(() => trial?.stop());

const copy = (prefix: string): string[] => [
  ...['copy', 'trial/large', `s3://${trial.bucket}/${prefix}`, '--connections', '2']
];

/** Sends a signal when the copy has begun. */
function interruptWith(signal: NodeJS.Signals) {
  let sent = false;
  return {
    onStderr: (_text: string, child: { kill(name: NodeJS.Signals): boolean }) => {
      if (!sent) {
        sent = true;
        setTimeout(() => child.kill(signal), 1000);
      }
    }
  };
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  'stops cleanly on %s and goes on afterwards',
  async signal => {
    const args = copy(`stopped-${signal}`);
    const stopped = await trial.run([...args, '--json'], interruptWith(signal));
    expect(stopped.code).toBe(130);
    const { error } = JSON.parse(stopped.stdout);
    expect(error).toMatchObject({ code: 'CANCELLED', kind: 'cancelled' });
    expect(error.nextStep).toContain(`(bedrock-import ${args.join(' ')} --json)`);
    expect(stopped.stderr).toMatch(/^Stopping\. Ctrl-C again ends at once\.$/m);
    const left = (await trial.objects(`stopped-${signal}`)).map(object => object.key);
    expect(left.filter(key => key.endsWith('manifest.json'))).toEqual([]);

    const done = await trial.run(args);
    expect(done.stderr).not.toContain('Error');
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/^Proved +7 of 7 by SHA-256/m);
  },
  60_000
);
