import { BedrockImportError } from '../errors';
import { isBucketName } from '../aws';
import { formatS3Uri, parseS3Uri } from './s3Uri';

describe('parseS3Uri', () => {
  it.each([
    ['s3://my-bucket', 'my-bucket', ''],
    ['s3://my-bucket/', 'my-bucket', ''],
    ['s3://my-bucket/a', 'my-bucket', 'a/'],
    ['s3://my-bucket/a/b.c/', 'my-bucket', 'a/b.c/'],
    ['  s3://my.bucket//a//', 'my.bucket', 'a/']
  ])('reads %s', (text, bucket, prefix) => {
    expect(parseS3Uri(text)).toEqual({ bucket, prefix });
  });

  it.each([
    'my-bucket/a',
    'https://my-bucket.s3.amazonaws.com/a',
    's3://',
    's3://UPPER/a',
    's3://192.168.0.1/a',
    's3://a..b/x',
    's3://my-bucket/a/../b',
    's3://my-bucket/a//b',
    's3://my-bucket/with space',
    's3://my-bucket/a+b',
    's3://my-bucket/a\nb',
    `s3://my-bucket/${'a'.repeat(901)}`
  ])('refuses %j with a next step', text => {
    let thrown: unknown;
    try {
      parseS3Uri(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(BedrockImportError);
    expect(thrown).toMatchObject({ code: 'S3_URI_INVALID', kind: 'usage' });
    expect((thrown as BedrockImportError).nextStep).toContain('s3://');
  });

  it('writes what it read', () => {
    expect(formatS3Uri(parseS3Uri('s3://my-bucket/a/b'))).toBe('s3://my-bucket/a/b/');
  });
});

describe('isBucketName', () => {
  it.each(['abc', 'a.b-c', '0'.repeat(63)])('takes %s', name => {
    expect(isBucketName(name)).toBe(true);
  });

  it.each(['ab', 'a_b', '-abc', 'abc-', '0'.repeat(64), ''])('refuses %j', name => {
    expect(isBucketName(name)).toBe(false);
  });
});
