import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isComplete, mergeEnvironment } from '../sandboxEnvironment.mjs';

const sandbox = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  HF_ENDPOINT: 'http://127.0.0.1:2',
  AWS_ACCESS_KEY_ID: 'SANDBOX',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_EC2_METADATA_DISABLED: 'true',
  BEDROCK_IMPORT_SANDBOX_BUCKET: 'bucket',
  BEDROCK_IMPORT_SANDBOX_ROLE_ARN: 'arn:aws:iam::123456789012:role/R',
  BEDROCK_IMPORT_SANDBOX_MODEL: 'org/name',
  BEDROCK_IMPORT_STATE_DIR: '/tmp/sandbox/jobs-state'
};

test('without endpoints of the user, all is the sandbox’s and no account leaks in', () => {
  const merged = mergeEnvironment(
    {
      PATH: '/bin',
      AWS_ACCESS_KEY_ID: 'MINE',
      AWS_SESSION_TOKEN: 'token',
      AWS_PROFILE: 'work',
      AWS_REGION: 'eu-west-1',
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
      HF_TOKEN: 'hf_mine'
    },
    sandbox
  );
  for (const [name, value] of Object.entries(sandbox)) {
    assert.equal(merged[name], value, name);
  }
  for (const name of ['AWS_SESSION_TOKEN', 'AWS_PROFILE', 'HF_TOKEN']) {
    assert.equal(merged[name], undefined, name);
  }
  assert.equal(merged.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, undefined);
  assert.equal(merged.PATH, '/bin');
});

test('an AWS endpoint of the user wins and keeps its credentials, region, bucket and role', () => {
  const user = {
    AWS_ENDPOINT_URL: 'https://aws.example',
    AWS_ACCESS_KEY_ID: 'MINE',
    AWS_SESSION_TOKEN: 'token',
    AWS_REGION: 'eu-west-1',
    BEDROCK_IMPORT_SANDBOX_BUCKET: 'mine'
  };
  const merged = mergeEnvironment(user, sandbox);
  for (const [name, value] of Object.entries(user)) {
    assert.equal(merged[name], value, name);
  }
  assert.equal(merged.AWS_SECRET_ACCESS_KEY, undefined);
  assert.equal(merged.BEDROCK_IMPORT_SANDBOX_ROLE_ARN, undefined);
  assert.equal(merged.BEDROCK_IMPORT_STATE_DIR, undefined);
  assert.equal(merged.HF_ENDPOINT, sandbox.HF_ENDPOINT);
});

test('an endpoint for one service wins for that service', () => {
  const merged = mergeEnvironment({ AWS_ENDPOINT_URL_S3: 'https://s3.example' }, sandbox);
  assert.equal(merged.AWS_ENDPOINT_URL_S3, 'https://s3.example');
  assert.equal(merged.AWS_ENDPOINT_URL, sandbox.AWS_ENDPOINT_URL);
});

test('a folder for jobs that the user set wins', () => {
  const merged = mergeEnvironment({ BEDROCK_IMPORT_STATE_DIR: '/mnt/jobs' }, sandbox);
  assert.equal(merged.BEDROCK_IMPORT_STATE_DIR, '/mnt/jobs');
});

test('a hub of the user wins and keeps its token', () => {
  const user = { HF_ENDPOINT: 'https://hub.example', HF_TOKEN: 'hf_mine' };
  const merged = mergeEnvironment(user, sandbox);
  assert.equal(merged.HF_ENDPOINT, user.HF_ENDPOINT);
  assert.equal(merged.HF_TOKEN, user.HF_TOKEN);
  assert.equal(merged.AWS_ACCESS_KEY_ID, 'SANDBOX');
});

test('a sandbox is needed unless both endpoints are the user’s', () => {
  assert.equal(isComplete({}), false);
  assert.equal(isComplete({ HF_ENDPOINT: 'a' }), false);
  assert.equal(isComplete({ HF_ENDPOINT: 'a', AWS_ENDPOINT_URL: 'b' }), true);
});
