import { createHash } from 'node:crypto';
import type { CopyPlan } from '../../transfer';
import { parsePlan, requirePlace } from '.';

const PART = 16 * 2 ** 20;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A plan with a file of each action. */
function plan(): CopyPlan {
  const file = (path: string, sizeBytes: number): CopyPlan['files'][number] => ({
    path,
    key: `models/tiny/${path}`,
    sizeBytes,
    sha256: 'ab'.repeat(32),
    action: 'copy',
    method: 'single-put',
    partSizeBytes: Math.max(1, sizeBytes),
    partCount: 1
  });
  return {
    version: 1,
    source: {
      kind: 'hub',
      endpoint: 'https://hub.example.com',
      modelId: 'trial/tiny',
      commitSha: 'c0'.repeat(20)
    },
    destination: { bucket: 'my-bucket', prefix: 'models/tiny/', region: 'us-east-1' },
    files: [
      file('config.json', 100),
      {
        ...file('folder/model.safetensors', 2 * PART + 5),
        method: 'multipart',
        partSizeBytes: PART,
        partCount: 3
      },
      {
        ...file('tokenizer_config.json', 5),
        action: 'write',
        content: 'grö',
        sha256: sha256('grö'),
        sizeBytes: 4,
        partSizeBytes: 4
      },
      {
        ...file('generation_config.json', 7),
        action: 'skip',
        proof: {
          path: 'generation_config.json',
          key: 'models/tiny/generation_config.json',
          sizeBytes: 7,
          sha256: 'ab'.repeat(32),
          provedBy: 'earlier-manifest',
          etag: '"e"',
          rewritten: false
        }
      }
    ],
    leftOut: [{ path: 'README.md', sizeBytes: 3, reason: 'documentation' }],
    rewrites: [
      { path: 'tokenizer_config.json', before: 'a\nb', after: 'grö', summary: 'another template' }
    ],
    totalBytes: 2 * PART + 5 + 100 + 4 + 7,
    bytesToMove: 2 * PART + 5 + 100 + 4,
    alreadyThere: 1,
    conflicts: [{ key: 'models/tiny/x', sizeBytes: 1, kind: 'unexpected', why: 'is there' }],
    checks: [{ id: 'a', verdict: 'ok', found: 'b', why: 'c' }]
  };
}

const parse = (value: unknown): CopyPlan =>
  parsePlan(new TextEncoder().encode(JSON.stringify(value)), 'plan.json');

it('takes a plan as it was printed, alone or in its document', () => {
  expect(parse(plan())).toEqual(plan());
  expect(parse({ plan: plan(), checks: [] })).toEqual(plan());
});

it('believes no sums and takes over nothing that a plan does not have', () => {
  const given = { ...plan(), totalBytes: 1, bytesToMove: 0, alreadyThere: 9, extra: 'x' };
  expect(parse(given)).toEqual(plan());
});

/** The plan with another value at a place, such as `files.0.path`; without it for `undefined`. */
function changed(place: string, value: unknown): unknown {
  const document: unknown = JSON.parse(JSON.stringify(plan()));
  const names = place.split('.');
  const last = names.pop() ?? '';
  const holder = names.reduce<unknown>((at, name) => Reflect.get(Object(at), name), document);
  if (value === undefined) {
    Reflect.deleteProperty(Object(holder), last);
  } else {
    Reflect.set(Object(holder), last, value);
  }
  return document;
}

const folder = { kind: 'folder', modelId: 'm', fingerprint: '12345678' };
const blocker = { id: 'a', verdict: 'blocker', found: 'b', why: 'c' };
const wrong: ReadonlyArray<readonly [what: string, place: string, value: unknown, says: string]> = [
  ['another version', 'version', 2, 'version is not 1'],
  ['no files', 'files', [], 'files is empty'],
  ['files that are no list', 'files', {}, 'files is not a list'],
  ['an unknown kind of source', 'source', { kind: 'ftp' }, 'source.kind is none'],
  [
    'a password in the address',
    'source.endpoint',
    'https://a:b@hub.example.com',
    'source.endpoint'
  ],
  ['a branch in place of a commit', 'source.commitSha', 'main', 'source.commitSha is not a commit'],
  ['a model id that leads elsewhere', 'source.modelId', '../../api', 'is not a model id'],
  ['a folder that is not absolute', 'source', { ...folder, path: 'x' }, 'not an absolute path'],
  ['no bucket', 'destination.bucket', 'Not A Bucket', 'destination is no'],
  ['a prefix without its slash', 'destination.prefix', 'models/tiny', 'destination is not'],
  ['a prefix that leads out', 'destination.prefix', '../x/', 'destination is no'],
  ['an absolute path', 'files.0.path', '/etc/passwd', 'files[0].path is not a relative'],
  ['a path of Windows', 'files.0.path', 'C:\\x', 'files[0].path is not a relative'],
  ['a path that leads out', 'files.0.path', 'a/../../b', 'files[0].path leads out'],
  ['a key elsewhere', 'files.0.key', 'other/config.json', 'files[0].key is not'],
  ['control characters', 'files.0.path', 'a\u001b[2J', 'files[0].path holds control'],
  ['a size that is text', 'files.0.sizeBytes', '100', 'files[0].sizeBytes'],
  ['a negative size', 'files.0.sizeBytes', -1, 'files[0].sizeBytes'],
  ['a size over 5 TiB', 'files.0.sizeBytes', 2 ** 43, 'files[0].sizeBytes'],
  ['a hash that is none', 'files.0.sha256', 'abc', 'files[0].sha256'],
  ['no hash at all', 'files.0.sha256', undefined, 'files[0] has no hash'],
  ['an unknown action', 'files.0.action', 'delete', 'files[0].action is none'],
  ['parts of nothing', 'files.0.partSizeBytes', 0, 'files[0].partSizeBytes'],
  ['half a file in one part', 'files.0.partSizeBytes', 50, 'its part is not the whole file'],
  ['too few parts', 'files.1.partCount', 2, 'do not make up the file'],
  ['more parts than S3 takes', 'files.1.partCount', 10_001, 'files[1].partCount'],
  ['parts that S3 finds too small', 'files.1.partSizeBytes', 1000, 'do not make up the file'],
  ['no content to write', 'files.2.content', undefined, 'missing from a file to write'],
  ['other content', 'files.2.content', 'grü', 'files[2].content does not have'],
  ['a skip without a proof', 'files.3.proof', undefined, 'missing from a file to skip'],
  ['a proof of another file', 'files.3.proof.key', 'models/tiny/config.json', 'of another file'],
  ['a proof of other bytes', 'files.3.proof.sha256', 'cd'.repeat(32), 'of another SHA-256'],
  ['a file twice', 'files.4', plan().files[0], 'files[4].path is there twice'],
  ['a check that blocks', 'checks', [blocker], 'checks holds one that blocks']
];

it.each(wrong)('refuses %s', (_what, place, value, says) => {
  expect(() => parse(changed(place, value))).toThrow(
    expect.objectContaining({
      code: 'PLAN_INVALID',
      kind: 'usage',
      message: expect.stringContaining(says),
      subject: 'plan.json'
    })
  );
});

it.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['a number', '7'],
  ['null', 'null'],
  ['a list', '[]'],
  ['an empty object', '{}'],
  ['a manifest of its own prototype', '{"__proto__":{"version":1}}']
])('refuses %s', (_what, text) => {
  expect(() => parsePlan(new TextEncoder().encode(text), 'plan.json')).toThrow(
    expect.objectContaining({ code: 'PLAN_INVALID' })
  );
});

it('refuses a plan for another hub or Region than those that are set', () => {
  const here = { hubEndpoint: 'https://hub.example.com', region: 'us-east-1' };
  expect(() => requirePlace(plan(), here, 'f')).not.toThrow();
  for (const other of [{ hubEndpoint: 'https://other.example.com' }, { region: 'eu-west-1' }]) {
    expect(() => requirePlace(plan(), { ...here, ...other }, 'f')).toThrow(
      expect.objectContaining({ code: 'PLAN_INVALID' })
    );
  }
});
