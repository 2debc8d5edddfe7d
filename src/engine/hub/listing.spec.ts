import { createHubClient, locateHubFile, openHubModel, readHubFile } from '.';
import { failureOf } from './testing/failureOf';
import { entryOf, MODEL_ID, startTestHub, type TestHub } from './testing/startTestHub';
import type { HubClient, HubModel } from './types';

const config = new TextEncoder().encode('{"architectures":["LlamaForCausalLM"]}');
const oddPaths = [
  'with space.txt',
  'größe/日本語.txt',
  'a#b?c%d+e&f=g.txt',
  '%2e%2e/100%.txt',
  "q'(1)!*~.txt"
];

let hub: TestHub;

beforeEach(async () => {
  hub = await startTestHub({
    'config.json': config,
    ...Object.fromEntries(oddPaths.map(path => [path, new TextEncoder().encode(path)]))
  });
});

afterEach(async () => {
  await hub.stop();
});

function client(): HubClient {
  return createHubClient({ endpoint: hub.endpoint });
}

async function open(by = client()): Promise<HubModel> {
  return await openHubModel(by, { id: MODEL_ID });
}

describe('the listing', () => {
  const good = entryOf('config.json', config);

  it.each([
    ['a way out', { path: '../../etc/passwd' }],
    ['a way out inside', { path: 'a/../../b' }],
    ['a single dot', { path: './a' }],
    ['an absolute path', { path: '/etc/passwd' }],
    ['an empty part', { path: 'a//b' }],
    ['an empty path', { path: '' }],
    ['a trailing slash', { path: 'a/' }],
    ['a backslash', { path: 'a\\..\\b' }],
    ['a drive', { path: 'C:x' }],
    ['a line break', { path: 'a\nb' }],
    ['a NUL', { path: 'a\0b' }],
    ['half a surrogate pair', { path: 'a\ud800b' }],
    ['no path', { path: undefined }],
    ['a negative size', { size: -1 }],
    ['half a byte', { size: 1.5 }],
    ['a size in words', { size: '12' }],
    ['an endless size', { size: 1e300 }],
    ['no hash', { oid: undefined }],
    ['a short hash', { oid: 'abc' }],
    ['a bad SHA-256', { lfs: { oid: 'f'.repeat(63), size: 38, pointerSize: 1 } }],
    ['two sizes', { lfs: { oid: 'f'.repeat(64), size: 39, pointerSize: 1 } }]
  ])('is refused with %s', async (_name, change) => {
    hub.listing = [{ ...good, ...change }];
    const error = await failureOf(open());
    expect(error.code).toBe('HUB_LISTING_INVALID');
    expect(error.kind).toBe('blocked');
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });

  it.each([
    ['a path twice', [good, good]],
    [
      'a file that is a folder',
      [
        { ...good, path: 'a' },
        { ...good, path: 'a/b' }
      ]
    ],
    [
      'a folder that is a file',
      [
        { ...good, path: 'a/b/c' },
        { ...good, path: 'a/b' }
      ]
    ]
  ])('is refused with %s', async (_name, listing) => {
    hub.listing = listing;
    expect((await failureOf(open())).code).toBe('HUB_LISTING_INVALID');
  });

  it('leaves directories out', async () => {
    hub.listing = [good, { type: 'directory', path: 'a', size: 0, oid: 'x' }];
    expect((await open()).files).toHaveLength(1);
  });

  it.each(oddPaths)('takes %s through to its bytes', async path => {
    const by = client();
    const model = await open(by);
    const bytes = await readHubFile(by, model, path);
    expect(new TextDecoder().decode(bytes)).toBe(path);
    expect((await locateHubFile(by, model, path)).url).toContain(hub.endpoint);
  });
});
