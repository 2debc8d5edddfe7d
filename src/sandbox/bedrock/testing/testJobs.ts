import {
  CreateModelImportJobCommand,
  GetModelImportJobCommand,
  type CreateModelImportJobCommandInput,
  type CreateModelImportJobCommandOutput,
  type GetModelImportJobCommandOutput
} from '@aws-sdk/client-bedrock';

import { startTestBedrock, type TestBedrock } from './testBedrock';

/** A sandbox whose import jobs take three seconds of its clock. */
export interface TestJobs extends TestBedrock {
  /** Of the model in the prefix `m`, unless `s3Uri` is given. */
  create(
    jobName: string,
    changes?: Partial<CreateModelImportJobCommandInput> & { s3Uri?: string }
  ): Promise<CreateModelImportJobCommandOutput>;
  getJob(jobIdentifier: string): Promise<GetModelImportJobCommandOutput>;
  /** Moves the clock on and waits until the job has ended. */
  finish(jobIdentifier: string): Promise<GetModelImportJobCommandOutput>;
  /** Both. */
  importModel(jobName: string): Promise<GetModelImportJobCommandOutput>;
}

export async function startTestJobs(
  options: Parameters<typeof startTestBedrock>[0] = {}
): Promise<TestJobs> {
  const test = await startTestBedrock(options);
  const create: TestJobs['create'] = (jobName, changes = {}) => {
    const { s3Uri = `s3://${test.state.startBucket}/m/`, ...input } = changes;
    return test.bedrock.send(
      new CreateModelImportJobCommand({
        jobName,
        importedModelName: `${jobName}-model`,
        roleArn: test.state.startRoleArn,
        modelDataSource: { s3DataSource: { s3Uri } },
        ...input
      })
    );
  };
  const getJob = (jobIdentifier: string) =>
    test.bedrock.send(new GetModelImportJobCommand({ jobIdentifier }));
  const finish = async (jobIdentifier: string) => {
    test.clock.advance(3000);
    for (;;) {
      const job = await getJob(jobIdentifier);
      if (job.status !== 'InProgress') {
        return job;
      }
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  };
  const importModel = async (jobName: string) => {
    await create(jobName);
    return finish(jobName);
  };
  return Object.assign(test, { create, getJob, finish, importModel });
}
