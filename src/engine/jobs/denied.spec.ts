import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { startSandbox } from '../../sandbox/testing';
import type { StartedSandbox } from '../../sandbox/testing';
import { deleteImportedModel, listImportedModels } from '../bedrock';
import { tinyModel } from '../cli/testing/tinyModel';
import { processHostSource } from '../environment';
import { createEngineContext, reviewImport, runImport } from '.';
import type { EngineContext, ImportOptions, ImportReview } from '.';

/** The whole job, with each single call of AWS denied by the policy of the role in use. */
describe('an import without one permission', () => {
  let sandbox: StartedSandbox;
  let owner: EngineContext;
  let runs = 0;

  const contextOf = (env: Record<string, string>): Promise<EngineContext> =>
    createEngineContext({ source: { ...processHostSource(), env } });

  beforeAll(async () => {
    sandbox = await startSandbox({
      models: { 'trial/tiny': tinyModel() },
      args: ['--fault', 'import-seconds=0', '--fault', 'model-not-ready=0']
    });
    owner = await contextOf(sandbox.env);
  });

  afterAll(async () => {
    owner?.aws.destroy();
    await sandbox?.stop();
  });

  afterEach(async () => {
    for (const { modelArn } of await listImportedModels(owner.aws)) {
      await deleteImportedModel(owner.aws, modelArn);
    }
  });

  async function without(action: string): Promise<EngineContext> {
    const RoleName = `without-${++runs}`;
    const { Role } = await owner.aws.iam.send(
      new CreateRoleCommand({
        RoleName,
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { AWS: 'arn:aws:iam::123456789012:root' },
              Action: 'sts:AssumeRole'
            }
          ]
        })
      })
    );
    await owner.aws.iam.send(
      new PutRolePolicyCommand({
        RoleName,
        PolicyName: 'all-but-one',
        PolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Action: '*', Resource: '*' },
            { Effect: 'Deny', Action: action.split(' '), Resource: '*' }
          ]
        })
      })
    );
    const { Credentials } = await owner.aws.sts.send(
      new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'trial' })
    );
    return contextOf({
      ...sandbox.env,
      AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? '',
      AWS_SESSION_TOKEN: Credentials?.SessionToken ?? ''
    });
  }

  const options = (): ImportOptions => ({
    model: 'trial/tiny',
    bucket: sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? '',
    prefix: `denied-${runs}`,
    roleArn: sandbox.env['BEDROCK_IMPORT_SANDBOX_ROLE_ARN']
  });

  const warnings = ({ checks }: ImportReview): string[] =>
    checks.filter(({ verdict }) => verdict === 'warning').map(({ found }) => found);

  it.each([
    'bedrock:ListModelImportJobs',
    'bedrock:ListImportedModels',
    'bedrock:ListModelImportJobs bedrock:ListImportedModels',
    'iam:GetRole'
  ])('imports all the same, and warns, without %s', async actions => {
    const context = await without(actions);
    const review = await reviewImport(context, options());
    for (const action of actions.split(' ')) {
      expect(warnings(review).join()).toContain(action);
    }
    const result = await runImport(context, review);
    expect(result.model.modelArn).toMatch(/^arn:aws:bedrock:.*imported-model/);
    context.aws.destroy();
  });

  it.each(['bedrock:GetImportedModel', 'iam:ListRoles'])(
    'imports all the same without %s',
    async action => {
      const context = await without(action);
      const result = await runImport(context, await reviewImport(context, options()));
      expect(result.model.modelArn).toMatch(/^arn:aws:bedrock:.*imported-model/);
      context.aws.destroy();
    }
  );

  it('recognises its earlier import where jobs may be looked at, but not listed', async () => {
    const context = await without('bedrock:ListModelImportJobs');
    const first = await runImport(context, await reviewImport(context, options()));
    const again = await reviewImport(context, options());
    expect(again.existing?.model?.modelArn).toBe(first.model.modelArn);
    context.aws.destroy();
  });

  it.each(['bedrock:CreateModelImportJob', 'bedrock:GetModelImportJob'])(
    'ends with one clear error without %s',
    async action => {
      const context = await without(action);
      const review = await reviewImport(context, options());
      await expect(runImport(context, review)).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
        nextStep: expect.stringContaining(action) as string
      });
      context.aws.destroy();
    }
  );
});
