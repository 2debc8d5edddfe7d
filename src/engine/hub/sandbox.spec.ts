import { startSandbox, type StartedSandbox } from '../../sandbox/testing';
import { createHubClient, locateHubFile, openHubModel, readHubFile, readHubRange } from '.';
import { failureOf, TEST_TOKEN } from './testing/failureOf';
import type { HubClient, HubModel } from './types';

const weights = new Uint8Array(300_000).map((_value, index) => (index * 17) % 253);
const config = '{"architectures": ["LlamaForCausalLM"]}';
const odd = 'größe & co/a #1?b%20c+d=e.safetensors';
const settings = (value: unknown): string => JSON.stringify(value);

const models = {
  'open-org/open-model': {
    'README.md': '---\nlicense: apache-2.0\npipeline_tag: text-generation\n---\n# A model\n',
    'config.json': config,
    'model.safetensors': weights,
    [odd]: weights.subarray(0, 1000)
  },
  'gated-org/gated-model': {
    'config.json': config,
    'model.safetensors': weights,
    '.sandbox.json': settings({ gated: 'manual', tokens: [TEST_TOKEN] })
  },
  'private-org/private-model': {
    'config.json': config,
    '.sandbox.json': settings({ private: true, tokens: [TEST_TOKEN] })
  },
  'evil-org/way-out': {
    'config.json': config,
    '.sandbox.json': settings({ listing: [{ path: '../../.bashrc', size: 39 }] })
  },
  'evil-org/liar': {
    'config.json': config,
    'model.safetensors': weights,
    '.sandbox.json': settings({ lie: { 'model.safetensors': { size: 300_001 } } })
  }
};

async function open(client: HubClient, id: string, revision?: string): Promise<HubModel> {
  return await openHubModel(client, { id, revision });
}

describe('against the sandbox', () => {
  let sandbox: StartedSandbox;
  let anonymous: HubClient;
  let known: HubClient;
  let stranger: HubClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ models });
    const of = (value?: string): HubClient =>
      createHubClient({
        endpoint: sandbox.hubUrl,
        firstPauseMs: 1,
        token: value === undefined ? undefined : { value, source: 'HF_TOKEN' }
      });
    anonymous = of();
    known = of(TEST_TOKEN);
    stranger = of('hf_SECRETSECRETOTHER');
  });

  afterAll(async () => {
    await sandbox.stop();
  });

  it('finds a model, pins it and reads its files', async () => {
    const model = await open(anonymous, 'open-org/open-model', 'main');
    expect(model).toMatchObject({
      id: 'open-org/open-model',
      gated: false,
      private: false,
      license: 'apache-2.0',
      pipelineTag: 'text-generation'
    });
    expect(model.commitSha).toMatch(/^[0-9a-f]{40}$/);
    const pinned = await open(anonymous, 'open-org/open-model', model.commitSha);
    expect(pinned.files).toEqual(model.files);
    expect(new TextDecoder().decode(await readHubFile(anonymous, model, 'config.json'))).toBe(
      config
    );
    for (const path of ['model.safetensors', odd]) {
      const location = await locateHubFile(anonymous, model, path);
      expect(location.expiresAt?.getTime()).toBeGreaterThan(Date.now());
      expect(await readHubRange(anonymous, model, path, 10, 20)).toEqual(weights.subarray(10, 20));
    }
    expect(await readHubFile(anonymous, model, odd)).toEqual(weights.subarray(0, 1000));
  });

  it('opens gated and private models with the right token', async () => {
    expect((await open(known, 'gated-org/gated-model')).gated).toBe('manual');
    expect((await open(known, 'private-org/private-model')).private).toBe(true);
  });

  it('tells the refusals apart', async () => {
    const codes = await Promise.all(
      [
        open(anonymous, 'open-org/no-such-model'),
        open(anonymous, 'open-org/open-model', 'no-such-branch'),
        open(anonymous, 'private-org/private-model'),
        open(stranger, 'private-org/private-model'),
        open(anonymous, 'gated-org/gated-model'),
        open(stranger, 'gated-org/gated-model'),
        open(
          createHubClient({
            endpoint: sandbox.hubUrl,
            token: { value: 'hf_invalidSECRETSECRET', source: 'HF_TOKEN' }
          }),
          'open-org/open-model'
        ),
        open(anonymous, 'evil-org/way-out')
      ].map(async work => (await failureOf(work)).code)
    );
    expect(codes).toEqual([
      'HUB_NOT_FOUND',
      'HUB_REVISION_NOT_FOUND',
      'HUB_NOT_FOUND',
      'HUB_NOT_FOUND',
      'HUB_GATED',
      'HUB_NO_ACCESS',
      'HUB_TOKEN_INVALID',
      'HUB_LISTING_INVALID'
    ]);
  });

  it('finds a hub out that lies about a size', async () => {
    const model = await open(anonymous, 'evil-org/liar');
    const path = 'model.safetensors';
    for (const work of [
      () => locateHubFile(anonymous, model, path),
      () => readHubFile(anonymous, model, path),
      () => readHubRange(anonymous, model, path, 0, 8)
    ]) {
      expect((await failureOf(work())).code).toBe('HUB_FILE_MISMATCH');
    }
  });
});

it('gets through to the right bytes although a good part of the answers is bad', async () => {
  const faults = ['hub-reset', 'hub-429', 'hub-ignore-range', 'hub-flip-byte', 'hub-expired-url'];
  const sandbox = await startSandbox({
    models,
    args: ['--seed', '7', ...faults.flatMap(name => ['--fault', `${name}=0.1`])]
  });
  try {
    const client = createHubClient({ endpoint: sandbox.hubUrl, firstPauseMs: 1 });
    const model = await open(client, 'open-org/open-model');
    for (let round = 0; round < 10; round++) {
      expect(await readHubFile(client, model, odd)).toEqual(weights.subarray(0, 1000));
      const range = await readHubRange(client, model, 'model.safetensors', round, round + 100);
      expect(range).toHaveLength(100);
    }
  } finally {
    await sandbox.stop();
  }
});
