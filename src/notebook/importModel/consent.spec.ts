import { ListObjectsV2Command } from '@aws-sdk/client-s3';

import { show } from '../display';
import { connect, currentSession } from '../session';
import { MODEL, startNotebookTrial } from '../session/testing/notebookTrial';
import type { NotebookTrial } from '../session/testing/notebookTrial';
import { copyToS3, importModel, planCopyToS3, reviewModel } from '.';

jest.setTimeout(60_000);

let trial: NotebookTrial;
let asked: string[];
let bucket = '';

beforeAll(async () => {
  trial = await startNotebookTrial({ args: ['--fault', 'import-seconds=0.5'] });
  const { env } = trial.sandbox;
  bucket = env.BEDROCK_IMPORT_SANDBOX_BUCKET ?? '';
  const roleArn = env.BEDROCK_IMPORT_SANDBOX_ROLE_ARN;
  trial.setVariables(
    // Without these two, nothing tells it from an account that is billed.
    Object.fromEntries(
      Object.entries(env).filter(([name]) => !name.startsWith('BEDROCK_IMPORT_SANDBOX'))
    )
  );
  await connect({ model: MODEL, bucket, roleArn });
});

afterAll(() => trial.stop());

/** What the user says to the next question. */
function answer(yes: boolean | undefined): void {
  asked = [];
  Object.assign(globalThis, {
    confirm: (question: string) => {
      asked.push(question);
      return yes;
    }
  });
}

afterEach(() => {
  delete (globalThis as { confirm?: unknown }).confirm;
});

async function objects(): Promise<number> {
  const { s3 } = currentSession().context.aws;
  return (await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount ?? 0;
}

describe('on AWS', () => {
  it('nothing is imported that nobody has seen and agreed to', async () => {
    expect(currentSession().where).toBe('aws');
    answer(false);
    await expect(importModel()).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    expect(asked).toEqual([expect.stringContaining(`Import ${MODEL} into Bedrock`)]);
    expect(trial.jupyter.lastText()).toContain('The import itself is free.');
    // A review that was made and not looked at is no better.
    await expect(importModel(await reviewModel())).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    expect(asked).toHaveLength(2);
    delete (globalThis as { confirm?: unknown }).confirm;
    await expect(importModel()).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    expect(await objects()).toBe(0);
  });

  it('nothing is copied that nobody has seen and agreed to', async () => {
    answer(false);
    await expect(copyToS3()).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    expect(asked).toEqual([expect.stringContaining('S3 bills what is stored there')]);
    await expect(copyToS3(await planCopyToS3())).rejects.toMatchObject({ code: 'NOT_CONFIRMED' });
    expect(await objects()).toBe(0);
  });

  it('a plan that was shown, or a word in the call, is enough', async () => {
    answer(false);
    const plan = await planCopyToS3({ prefix: 'shown' });
    await show(plan);
    expect((await copyToS3(plan)).manifest?.files).toHaveLength(plan.files.length);
    await copyToS3({ prefix: 'agreed', confirm: true });
    expect(asked).toEqual([]);
  });

  it('a review that was shown is enough, and so is Yes', async () => {
    answer(false);
    const review = await reviewModel();
    await show(review);
    const imported = await importModel(review);
    expect(asked).toEqual([]);
    // What was imported is not asked about again.
    expect((await importModel()).jobId).toBe(imported.jobId);
    expect(asked).toEqual([]);
    answer(true);
    await importModel({ prefix: 'yes' });
    expect(asked).toHaveLength(1);
  });
});
