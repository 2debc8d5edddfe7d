import { startSandbox, type StartedSandbox } from '../../sandbox/testing';
import { createAwsClients, type AwsClients } from '../aws';
import { checkImportRole, createImportRole, listImportRoles } from '.';

const ACCOUNT = '123456789012';

let sandbox: StartedSandbox;
let aws: AwsClients;

beforeAll(async () => {
  sandbox = await startSandbox();
  aws = createAwsClients({ env: sandbox.env });
});
afterAll(async () => {
  aws.destroy();
  await sandbox.stop();
});

const inputs = () => ({
  account: ACCOUNT,
  region: aws.region,
  bucket: sandbox.env['BEDROCK_IMPORT_SANDBOX_BUCKET'] ?? ''
});

it('creates a role that IAM then lists and that the check accepts, and uses it again', async () => {
  const role = await createImportRole(aws, inputs());
  expect(role.created).toBe(true);
  const listed = await listImportRoles(aws, { account: ACCOUNT });
  expect(listed.map(each => each.roleArn)).toContain(role.roleArn);
  const checks = await checkImportRole(aws, { ...inputs(), roleArn: role.roleArn });
  expect(checks.map(check => check.verdict)).toEqual(['ok', 'ok']);
  await expect(createImportRole(aws, inputs())).resolves.toEqual({ ...role, created: false });
});

it('leaves the role alone that it did not create', async () => {
  const roleArn = sandbox.env['BEDROCK_IMPORT_SANDBOX_ROLE_ARN'] ?? '';
  const roleName = roleArn.split('/').at(-1) ?? '';
  await expect(createImportRole(aws, { ...inputs(), roleName })).rejects.toMatchObject({
    code: 'ROLE_NAME_TAKEN'
  });
  const [exists] = await checkImportRole(aws, { ...inputs(), roleArn });
  expect(exists?.verdict).toBe('ok');
});

it('blocks a role that does not exist', async () => {
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/Missing`;
  const checks = await checkImportRole(aws, { ...inputs(), roleArn });
  expect(checks.map(check => check.verdict)).toEqual(['blocker']);
});
