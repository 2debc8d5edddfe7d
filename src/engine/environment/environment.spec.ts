import { detectEnvironment, processHostSource, renewCacheWarnings } from '.';
import notebookInstance from './recorded/notebookInstance.json';
import plainJupyter from './recorded/plainJupyter.json';
import studioSpace from './recorded/studioSpace.json';
import unifiedStudio from './recorded/unifiedStudio.json';
import { type RecordedHost, recordedHostSource } from './testing/recordedHost';
import type { Environment } from './types';

const METADATA = '/opt/ml/metadata/resource-metadata.json';
const hosts: Record<string, RecordedHost> = {
  notebookInstance,
  studioSpace,
  unifiedStudio,
  plainJupyter
};

async function detect(
  name: string,
  changes: { env?: Record<string, string | undefined>; files?: Record<string, string> } = {},
  region?: string
): Promise<Environment> {
  const host = hosts[name];
  if (host === undefined) {
    throw new Error(`No recorded host ${name}`);
  }
  return await detectEnvironment({ source: recordedHostSource(host, changes), region });
}

describe('detectEnvironment on recorded hosts', () => {
  it('knows a Notebook Instance', async () => {
    expect(await detect('notebookInstance')).toMatchObject({
      host: 'notebook-instance',
      hostLabel: 'SageMaker Notebook Instance',
      name: 'model-import',
      root: '/home/ec2-user/SageMaker',
      homeDirectory: '/home/ec2-user',
      region: { name: 'eu-west-1', source: 'resource-metadata.json' },
      endpoints: { hub: 'https://huggingface.co', custom: false }
    });
  });

  it('knows a Notebook Instance without metadata by its volume', async () => {
    const environment = await detect('notebookInstance', { files: { [METADATA]: '{}' } });
    expect(environment.host).toBe('notebook-instance');
    expect(environment.region).toBeUndefined();
  });

  it('knows a Studio space', async () => {
    expect(await detect('studioSpace')).toMatchObject({
      host: 'studio-space',
      name: 'import-space',
      domainId: 'd-abcdefghijkl',
      userProfileName: 'jane',
      executionRoleArn: 'arn:aws:iam::123456789012:role/service-role/SageMakerExecution',
      root: '/home/sagemaker-user',
      region: { name: 'us-east-1', source: 'AWS_REGION' },
      warnings: []
    });
  });

  it('knows a Studio space by its variables alone', async () => {
    const environment = await detect('studioSpace', { files: { [METADATA]: 'broken {' } });
    expect(environment.host).toBe('studio-space');
    expect(environment.warnings).toEqual([expect.stringContaining('not a JSON object')]);
  });

  it.each([{ SERVICE_NAME: undefined }, { SERVICE_NAME: 'SageMakerUnifiedStudio' }])(
    'knows Unified Studio with %j',
    async env => {
      expect(await detect('unifiedStudio', { env })).toMatchObject({
        host: 'unified-studio',
        name: 'default-0123',
        root: '/home/sagemaker-user',
        region: { name: 'us-west-2', source: 'AWS_REGION' }
      });
    }
  );

  it('knows a plain Jupyter server and its root', async () => {
    expect(await detect('plainJupyter')).toMatchObject({
      host: 'plain-jupyter',
      root: '/home/jo/projects',
      region: { name: 'eu-central-1', source: 'profile default' },
      warnings: []
    });
    const elsewhere = await detect('plainJupyter', { env: { JUPYTER_SERVER_ROOT: '/gone' } });
    expect(elsewhere.root).toBe('/home/jo/projects/deep');
  });

  it.each(['', '[]', 'null', '"text"', '{"ResourceArn": 7, "AppType": []}'])(
    'lives with the metadata %j',
    async text => {
      const environment = await detect('plainJupyter', { files: { [METADATA]: text } });
      expect(environment.host).toBe('plain-jupyter');
      expect(environment.name).toBeUndefined();
    }
  );

  it('describes the machine it runs on', async () => {
    const environment = await detectEnvironment();
    expect(environment.homeDirectory).toBe(processHostSource().homeDirectory);
    expect(await processHostSource().isDirectory(environment.root)).toBe(true);
  });
});

describe('the region', () => {
  it.each([
    ['given explicitly', 'us-west-2', {}, 'us-west-2'],
    ['AWS_REGION', undefined, { AWS_REGION: 'eu-north-1', AWS_DEFAULT_REGION: 'x' }, 'eu-north-1'],
    ['AWS_DEFAULT_REGION', undefined, { AWS_DEFAULT_REGION: 'eu-north-1' }, 'eu-north-1'],
    ['profile research', undefined, { AWS_PROFILE: 'research' }, 'us-east-2'],
    ['profile old', undefined, { AWS_PROFILE: 'old' }, 'sa-east-1'],
    ['profile default', undefined, { AWS_REGION: '' }, 'eu-central-1']
  ])('comes from: %s', async (source, given, env, name) => {
    const { region } = await detect('plainJupyter', { env }, given);
    expect(region).toEqual({ name, source });
  });

  it('is read from the file of AWS_CONFIG_FILE', async () => {
    const { region } = await detect('plainJupyter', {
      env: { AWS_CONFIG_FILE: '/etc/aws', AWS_PROFILE: 'x' },
      files: { '/etc/aws': '[profile x]\r\nregion = us-gov-west-1 # here\r\n' }
    });
    expect(region).toEqual({ name: 'us-gov-west-1', source: 'profile x' });
  });

  it('is missing where nothing tells it', async () => {
    const { region } = await detect('plainJupyter', { env: { AWS_PROFILE: 'unknown' } });
    expect(region).toBeUndefined();
  });

  it('gets a warning when it is odd or not that of the machine', async () => {
    const odd = await detect('plainJupyter', { env: { AWS_REGION: 'Frankfurt\n' } });
    expect(odd.warnings).toEqual([expect.stringContaining("'Frankfurt?' (AWS_REGION)")]);
    const other = await detect('studioSpace', { env: { AWS_REGION: 'us-west-2' } });
    expect(other.warnings).toEqual([expect.stringContaining('this machine is in us-east-1')]);
  });
});

describe('endpoints, proxies and certificates', () => {
  it('come from the standard variables', async () => {
    const { endpoints } = await detect('plainJupyter', {
      env: {
        HF_ENDPOINT: 'http://127.0.0.1:9000/',
        AWS_ENDPOINT_URL: 'http://127.0.0.1:9001',
        AWS_ENDPOINT_URL_S3: 'https://s3.example.com/base/',
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'https://runtime.example.com'
      }
    });
    expect(endpoints).toEqual({
      hub: 'http://127.0.0.1:9000',
      aws: 'http://127.0.0.1:9001',
      s3: 'https://s3.example.com/base',
      bedrockRuntime: 'https://runtime.example.com',
      custom: true
    });
  });

  it('honours the switch that turns AWS endpoints off', async () => {
    const { endpoints } = await detect('plainJupyter', {
      env: { AWS_ENDPOINT_URL: 'nonsense', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }
    });
    expect(endpoints).toEqual({ hub: 'https://huggingface.co', custom: false });
  });

  it.each([
    ['HF_ENDPOINT', 'huggingface.co', 'HUB_ENDPOINT_INVALID'],
    ['HF_ENDPOINT', 'ftp://hub', 'HUB_ENDPOINT_INVALID'],
    ['HF_ENDPOINT', 'https://jo:secret@hub', 'HUB_ENDPOINT_INVALID'],
    ['HF_ENDPOINT', 'https://hub/?a=secret', 'HUB_ENDPOINT_INVALID'],
    ['AWS_ENDPOINT_URL_S3', 'https://hub\n', 'AWS_ENDPOINT_INVALID']
  ])('refuses %s=%j', async (variable, value, code) => {
    const work = detect('plainJupyter', { env: { [variable]: value } });
    await expect(work).rejects.toMatchObject({ code, kind: 'usage', subject: variable });
    await expect(work).rejects.not.toThrow('secret');
  });

  it.each([
    ['http://jo:secret@proxy:3128', 'http://***@proxy:3128'],
    ['http://jo:sec@re/t@proxy:3128/', 'http://***@proxy:3128/'],
    ['jo:secret@proxy:3128', '***@proxy:3128'],
    ['http://proxy:3128', 'http://proxy:3128']
  ])('shows the proxy %s as %s', async (value, shown) => {
    const { proxies } = await detect('plainJupyter', {
      env: { HTTPS_PROXY: value, http_proxy: value, NO_PROXY: 'localhost' }
    });
    expect(proxies).toEqual({ http: shown, https: shown, no: 'localhost' });
  });

  it('names the file of certificates and warns when it cannot be read', async () => {
    const env = { SSL_CERT_FILE: '/etc/b.pem', DENO_CERT: '/etc/c.pem' };
    const files = { '/etc/b.pem': '-----BEGIN CERTIFICATE-----' };
    const good = await detect('plainJupyter', { env, files });
    expect(good).toMatchObject({ caCertificateFile: '/etc/b.pem', warnings: [] });
    const bad = await detect('plainJupyter', { env });
    expect(bad.warnings).toEqual([expect.stringContaining('SSL_CERT_FILE names /etc/b.pem')]);
  });
});

describe('warnings about the cache of other tools', () => {
  it('tell of a cache that a stop wipes', async () => {
    const lost = await detect('notebookInstance');
    expect(lost.warnings).toEqual([expect.stringContaining('/home/ec2-user/.cache/huggingface')]);
    expect(lost.cacheWarnings).toEqual(lost.warnings);
    const kept = await detect('notebookInstance', {
      env: { HF_HOME: '/home/ec2-user/SageMaker/.hub' }
    });
    expect(kept.warnings).toEqual([]);
  });

  it('end when the caches have been led elsewhere, and the other warnings stay', async () => {
    const lost = await detect('notebookInstance', { env: { SSL_CERT_FILE: '/etc/none.pem' } });
    expect(lost.warnings).toHaveLength(2);
    const steered = { HF_HOME: '/home/ec2-user/SageMaker/.hub' };
    renewCacheWarnings(lost, recordedHostSource(notebookInstance, { env: steered }));
    expect(lost.cacheWarnings).toEqual([]);
    expect(lost.warnings).toEqual([expect.stringContaining('SSL_CERT_FILE')]);
  });

  it('tell of TRANSFORMERS_CACHE', async () => {
    const { warnings } = await detect('studioSpace', { env: { TRANSFORMERS_CACHE: '/x' } });
    expect(warnings).toEqual([expect.stringContaining('TRANSFORMERS_CACHE')]);
  });
});

describe('the folder of jobs', () => {
  it.each([
    ['notebookInstance', {}, '/home/ec2-user/SageMaker/.bedrock-import'],
    ['studioSpace', {}, '/home/sagemaker-user/.bedrock-import'],
    ['studioSpace', { BEDROCK_IMPORT_STATE_DIR: '/mnt/jobs' }, '/mnt/jobs'],
    ['plainJupyter', { JUPYTER_SERVER_ROOT: undefined }, '/home/jo/.bedrock-import']
  ])('of %s with %j is %s', async (name, env, folder) => {
    expect(await detect(name, { env })).toMatchObject({ stateDirectory: folder });
  });

  it('is in the root of a Jupyter server', async () => {
    const { root, stateDirectory } = await detect('plainJupyter', {
      env: { JUPYTER_SERVER_ROOT: plainJupyter.currentDirectory }
    });
    expect(stateDirectory).toBe(`${root}/.bedrock-import`);
  });

  it('is not taken from a relative path', async () => {
    const { stateDirectory, warnings } = await detect('studioSpace', {
      env: { BEDROCK_IMPORT_STATE_DIR: 'jobs' }
    });
    expect(stateDirectory).toBe('/home/sagemaker-user/.bedrock-import');
    expect(warnings.join()).toContain('BEDROCK_IMPORT_STATE_DIR');
  });
});
