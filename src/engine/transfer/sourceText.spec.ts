import { thrownBy } from '../testing/thrownBy';
import { readSourceText } from './sourceText';

const places = { currentDirectory: '/data', homeDirectory: '/home/me' };
const read = (text: string) => readSourceText(text, places);

describe('what a user names as the source of a copy', () => {
  it.each([
    ['org/model', { kind: 'hub', text: 'org/model' }],
    ['org/model@refs/pr/1', { kind: 'hub', text: 'org/model@refs/pr/1' }],
    ['https://huggingface.co/org/model', { kind: 'hub', text: 'https://huggingface.co/org/model' }],
    ['/data/my model/', { kind: 'folder', path: '/data/my model' }],
    ['/data/../model', { kind: 'folder', path: '/model' }],
    ['.', { kind: 'folder', path: '/data' }],
    ['./model', { kind: 'folder', path: '/data/model' }],
    ['../model', { kind: 'folder', path: '/model' }],
    ['~', { kind: 'folder', path: '/home/me' }],
    ['~/models/a', { kind: 'folder', path: '/home/me/models/a' }],
    ['s3://my-bucket', { kind: 's3', bucket: 'my-bucket', prefix: '' }],
    ['s3://my-bucket/', { kind: 's3', bucket: 'my-bucket', prefix: '' }],
    ['S3://my-bucket/a b/c+', { kind: 's3', bucket: 'my-bucket', prefix: 'a b/c+/' }],
    ['s3://my-bucket/a%20b/', { kind: 's3', bucket: 'my-bucket', prefix: 'a%20b/' }],
    [
      's3://my-bucket/a/model.tar.gz',
      { kind: 'archive', bucket: 'my-bucket', key: 'a/model.tar.gz' }
    ],
    ['s3://my-bucket/MODEL.TGZ', { kind: 'archive', bucket: 'my-bucket', key: 'MODEL.TGZ' }],
    ['s3://my-bucket/a.tar.gz/', { kind: 's3', bucket: 'my-bucket', prefix: 'a.tar.gz/' }]
  ])('reads %s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each(['s3:', 's3://', 's3:///key', 's3://My_Bucket/x', '~other/model', '/data\0/model'])(
    'refuses %j',
    text => {
      expect(thrownBy(() => read(text))).toMatchObject({ code: 'SOURCE_INVALID', kind: 'usage' });
    }
  );
});
