import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { getCallerIdentity } from '.';
import { type AwsClients, createAwsClients } from '../aws';
import { identityOf } from './identity';

let server: Server;
let aws: AwsClients;
let status = 200;
let body = '';

const ANSWER = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetCallerIdentityResult>
    <Arn>arn:aws:sts::123456789012:assumed-role/NotebookRole/SageMaker</Arn>
    <UserId>AROAEXAMPLE:SageMaker</UserId><Account>123456789012</Account>
  </GetCallerIdentityResult>
  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>`;

beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'Content-Type': 'text/xml' }).end(body);
  });
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  aws = createAwsClients({
    region: 'us-east-1',
    env: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLEEXAMPLE00',
      AWS_SECRET_ACCESS_KEY: 'example-secret',
      AWS_EC2_METADATA_DISABLED: 'true'
    }
  });
});

afterEach(async () => {
  aws.destroy();
  server.closeAllConnections();
  await new Promise(done => server.close(done));
});

it('tells the account and the role of the session', async () => {
  status = 200;
  body = ANSWER;
  expect(await getCallerIdentity(aws)).toEqual({
    account: '123456789012',
    arn: 'arn:aws:sts::123456789012:assumed-role/NotebookRole/SageMaker',
    partition: 'aws',
    roleName: 'NotebookRole',
    roleArn: 'arn:aws:iam::123456789012:role/NotebookRole'
  });
});

it('turns a refusal into a typed error', async () => {
  status = 403;
  body = `<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>
    <Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>`;
  await expect(getCallerIdentity(aws)).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED' });
});

it('stops when it is cancelled', async () => {
  const signal = AbortSignal.abort();
  await expect(getCallerIdentity(aws, { signal })).rejects.toMatchObject({ kind: 'cancelled' });
});

it.each([
  ['arn:aws:iam::123456789012:user/jo', 'aws'],
  ['arn:aws-cn:iam::123456789012:root', 'aws-cn'],
  ['arn:aws-us-gov:sts::123456789012:federated-user/jo', 'aws-us-gov']
])('takes %s as no role', (arn, partition) => {
  expect(identityOf('123456789012', arn)).toEqual({ account: '123456789012', arn, partition });
});

it.each([
  [undefined, undefined],
  ['123456789012', 'nonsense'],
  ['999999999999', 'arn:aws:iam::123456789012:root']
])('refuses account %s with ARN %s', (account, arn) => {
  expect(() => identityOf(account, arn)).toThrow('without a valid account');
});
