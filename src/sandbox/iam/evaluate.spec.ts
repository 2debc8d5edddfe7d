import { evaluatePolicies, type AccessRequest, type PolicyStatement } from '.';
import { matchesArn, matchesWildcard } from './wildcard';

const decide = (statements: PolicyStatement[], request: Partial<AccessRequest> = {}) =>
  evaluatePolicies([{ id: 'p', document: { Statement: statements } }], {
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::models/a/config.json',
    ...request
  });
const allow = (changes: Partial<PolicyStatement> = {}): PolicyStatement => ({
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: '*',
  ...changes
});

describe('wildcards', () => {
  it.each([
    ['*', '', true],
    ['a*c', 'abbc', true],
    ['a*c', 'abbd', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['a.c', 'abc', false]
  ])('%s on %s', (pattern, text, expected) => {
    expect(matchesWildcard(pattern, text)).toBe(expected);
  });

  it('do not take exponential time', () => {
    expect(matchesWildcard('*a'.repeat(30), 'a'.repeat(5000) + 'b')).toBe(false);
  });

  it('match ARNs part by part', () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:model-import-job/abc';
    expect(matchesArn('arn:aws:bedrock:*:123456789012:model-import-job/*', arn)).toBe(true);
    expect(matchesArn('arn:aws:bedrock:*:model-import-job/*', arn)).toBe(false);
    expect(matchesArn('arn:*', arn)).toBe(false);
  });
});

describe('statements', () => {
  it('deny unless something allows, and a deny wins', () => {
    expect(decide([]).decision).toBe('implicitDeny');
    expect(decide([allow()])).toMatchObject({ decision: 'allowed', matched: ['p'] });
    expect(decide([allow(), { ...allow(), Effect: 'Deny' }]).decision).toBe('explicitDeny');
  });

  it('compare actions without regard to case, resources with it', () => {
    expect(decide([allow({ Action: 'S3:get*' })]).decision).toBe('allowed');
    expect(decide([allow({ Resource: 'arn:aws:s3:::MODELS/*' })]).decision).toBe('implicitDeny');
    expect(decide([allow({ Resource: ['x', 'arn:aws:s3:::models/*'] })]).decision).toBe('allowed');
  });

  it('read NotAction and NotResource', () => {
    const notDelete = { Action: undefined, NotAction: 's3:Delete*' };
    expect(decide([allow(notDelete)]).decision).toBe('allowed');
    expect(decide([allow(notDelete)], { action: 's3:DeleteObject' }).decision).toBe('implicitDeny');
    const notSecret = { Resource: undefined, NotResource: 'arn:aws:s3:::models/a/*' };
    expect(decide([allow(notSecret)]).decision).toBe('implicitDeny');
  });

  it('ask a trust policy for the principal', () => {
    const trust = (Principal: PolicyStatement['Principal']): PolicyStatement => ({
      Effect: 'Allow',
      Principal,
      Action: 'sts:AssumeRole'
    });
    const assume = (statement: PolicyStatement, principal: AccessRequest['principal']) =>
      decide([statement], { action: 'sts:AssumeRole', principal }).decision;
    const services = trust({ Service: ['sagemaker.amazonaws.com', 'bedrock.amazonaws.com'] });
    expect(assume(services, { service: 'bedrock.amazonaws.com' })).toBe('allowed');
    expect(assume(services, { service: 'ec2.amazonaws.com' })).toBe('implicitDeny');
    expect(assume(services, { aws: ['123456789012'] })).toBe('implicitDeny');
    expect(assume(trust({ AWS: '123456789012' }), { aws: ['123456789012'] })).toBe('allowed');
    expect(assume(trust({ AWS: '*' }), { service: 'bedrock.amazonaws.com' })).toBe('implicitDeny');
    expect(assume(trust('*'), { service: 'bedrock.amazonaws.com' })).toBe('allowed');
  });
});

describe('conditions', () => {
  const context = { 's3:prefix': 'a/b', 'AWS:SourceAccount': '1', tags: ['x', 'y'] };
  it.each<[PolicyStatement['Condition'], boolean]>([
    [{ StringEquals: { 'aws:SourceAccount': ['2', '1'] } }, true],
    [{ StringEquals: { 'aws:SourceAccount': '2' } }, false],
    [{ StringNotEquals: { 'aws:SourceAccount': '2' } }, true],
    [{ StringNotEquals: { 'aws:SourceAccount': ['2', '1'] } }, false],
    [{ StringLike: { 's3:prefix': ['', 'a/*'] } }, true],
    [{ StringLike: { 's3:prefix': 'b/*' } }, false],
    [{ StringEquals: { missing: '1' } }, false],
    [{ StringEqualsIfExists: { missing: '1' } }, true],
    [{ StringNotEquals: { missing: '1' } }, true],
    [{ Null: { missing: 'true' } }, true],
    [{ Null: { 's3:prefix': 'true' } }, false],
    [{ 'ForAnyValue:StringEquals': { tags: 'x' } }, true],
    [{ 'ForAllValues:StringEquals': { tags: 'x' } }, false],
    [{ 'ForAllValues:StringEquals': { tags: ['x', 'y', 'z'] } }, true],
    [{ StringEquals: { 'aws:SourceAccount': '1' }, StringLike: { 's3:prefix': 'b' } }, false]
  ])('%j', (Condition, expected) => {
    expect(decide([allow({ Condition })], { context }).decision === 'allowed').toBe(expected);
  });

  it('that nobody here understands let nobody in and keep everybody out', () => {
    const Condition = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };
    expect(decide([allow({ Condition })], { context }).decision).toBe('implicitDeny');
    const deny: PolicyStatement = { ...allow({ Condition }), Effect: 'Deny' };
    expect(decide([allow(), deny], { context }).decision).toBe('explicitDeny');
  });

  it('name the keys that the request did not have', () => {
    const Condition = { StringEquals: { 'aws:ResourceAccount': '1', 's3:prefix': 'a/b' } };
    expect(decide([allow({ Condition })], { context }).missingContext).toEqual([
      'aws:ResourceAccount'
    ]);
  });
});
