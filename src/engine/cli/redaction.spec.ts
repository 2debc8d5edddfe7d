import { createRedactor } from './redaction';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const TOKEN = 'hf_AbCdEfGhIjKlMnOpQrStUvWxYz';

describe('the redactor', () => {
  const redactor = createRedactor({
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_SESSION_TOKEN: 'session-token-value',
    HF_TOKEN: 'plain-hub-token\nsecond-line-of-it',
    HOME: '/home/somebody'
  });

  it.each([
    ['the secret key', `key ${SECRET} end`, 'key *** end'],
    ['the key inside a URL', `?k=${encodeURIComponent(SECRET)}&b`, '?k=***&b'],
    ['a session token', 'session-token-value', '***'],
    ['the first line of a broken token', 'got plain-hub-token', 'got ***'],
    ['the second line of a broken token', 'got second-line-of-it', 'got ***'],
    ['a hub token that it was never told', `token ${TOKEN}`, 'token hf_***'],
    [
      'a signed URL',
      'https://b.s3/k?X-Amz-Credential=AKIA%2F20&X-Amz-Date=1&X-Amz-Signature=abc0&X-Amz-Security-Token=t%3D',
      'https://b.s3/k?X-Amz-Credential=***&X-Amz-Date=1&X-Amz-Signature=***&X-Amz-Security-Token=***'
    ],
    [
      'a CDN URL',
      'https://cdn/x?Policy=eyJ&Signature=Zm9v~&Key-Pair-Id=K1',
      'https://cdn/x?Policy=***&Signature=***&Key-Pair-Id=***'
    ],
    ['an Authorization header', 'Authorization: Bearer abc.def-123', 'Authorization: ***'],
    ['a header in JSON', '{"authorization":"Bearer abc","a":1}', '{"authorization":***,"a":1}'],
    [
      'a signature header',
      'authorization: AWS4-HMAC-SHA256 Credential=A/b, Signature=c',
      'authorization: ***'
    ],
    ['a bearer token alone', 'sent Bearer abcdefgh123', 'sent Bearer ***'],
    ['credentials of a proxy', 'http://user:pass@proxy:3128', 'http://***@proxy:3128']
  ])('hides %s', (_what, text, expected) => {
    expect(redactor.redact(text)).toBe(expected);
  });

  it.each([
    'User: arn:aws:sts::123456789012:assumed-role/A/b is not authorized to perform: s3:PutObject',
    '/home/somebody/file',
    'The bucket my-bucket is in us-east-1.',
    's3://bucket/prefix/model-00001-of-00003.safetensors'
  ])('leaves %s as it is', text => {
    expect(redactor.redact(text)).toBe(text);
  });

  it('hides what it is told later', () => {
    redactor.add('told-later-secret');
    expect(redactor.redact('x told-later-secret y')).toBe('x *** y');
  });

  it('does not blank out words for a short secret', () => {
    expect(createRedactor({ HF_TOKEN: 'abc' }).redact('abcdef')).toBe('abcdef');
  });

  it('hides the longer of two secrets as a whole', () => {
    const both = createRedactor({
      HF_TOKEN: 'secret-part',
      AWS_SESSION_TOKEN: 'secret-part-and-more'
    });
    expect(both.redact('secret-part-and-more')).toBe('***');
  });
});
