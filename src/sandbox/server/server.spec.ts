import { createManualClock } from '../state';
import { serviceOf } from './dispatch';
import { parseOptions, OptionsExit } from './options';
import { exportLines, printedEnvironment } from './printedEnvironment';
import { shapeTraffic } from './shaping';

describe('options', () => {
  it('reads all of them', () => {
    const text =
      '--models m --json --port 9000 --data d --tls --latency 30ms --bandwidth 60MB ' +
      '--fault hub-429=0.1 --fault role-not-ready=5 --seed 3 --region eu-central-1 --verbose';
    expect(parseOptions(text.split(' '))).toEqual({
      modelsDirectory: 'm',
      json: true,
      port: 9000,
      dataDirectory: 'd',
      tls: true,
      latencyMs: 30,
      bytesPerSecond: 60e6,
      faults: { 'hub-429': 0.1, 'role-not-ready': 5 },
      seed: 3,
      region: 'eu-central-1',
      discard: false,
      verbose: true,
      stopWithStdin: false
    });
  });

  it.each([
    ['0.2s', '8MiB', 200, 8 * 2 ** 20],
    ['15', '1.5GB/s', 15, 1.5e9]
  ])('reads the time %s and the rate %s', (latency, bandwidth, latencyMs, bytesPerSecond) => {
    const options = parseOptions(['--latency', latency, '--bandwidth', bandwidth]);
    expect(options).toMatchObject({ latencyMs, bytesPerSecond });
  });

  it.each([
    '--port abc',
    '--port 65535',
    '--latency soon',
    '--bandwidth 60XB',
    '--bandwidth 0',
    '--fault hub-fire=1',
    '--fault hub-429=7',
    '--seed x',
    '--region nowhere',
    '--modles x',
    '--models',
    'extra'
  ])('refuses %s in one line', text => {
    let exit: unknown;
    try {
      parseOptions(text.split(' '));
    } catch (error) {
      exit = error;
    }
    expect(exit).toBeInstanceOf(OptionsExit);
    expect((exit as OptionsExit).code).toBe(2);
    expect((exit as OptionsExit).text).toMatch(/^error: [^\n]+\n$/);
  });

  it('helps', () => {
    expect(() => parseOptions(['--help'])).toThrow(
      expect.objectContaining({ code: 0, text: expect.stringContaining('--bandwidth') })
    );
  });
});

describe('the printed environment', () => {
  const options = {
    awsUrl: 'http://127.0.0.1:1',
    hubUrl: 'http://127.0.0.1:2',
    accessKeyId: 'SANDBOXKEY',
    secretAccessKey: "it's",
    region: 'us-east-1',
    bucket: 'b',
    roleArn: 'arn',
    stateDirectory: '/data/jobs-state',
    processEnvironment: {}
  };

  it('names every variable once', () => {
    const { variables, notes } = printedEnvironment({
      ...options,
      model: 'acme/tiny',
      tls: { caFile: '/ca.pem', bundleFile: '/bundle.pem' }
    });
    expect(variables).toEqual({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      HF_ENDPOINT: 'http://127.0.0.1:2',
      AWS_ACCESS_KEY_ID: 'SANDBOXKEY',
      AWS_SECRET_ACCESS_KEY: "it's",
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      BEDROCK_IMPORT_SANDBOX_BUCKET: 'b',
      BEDROCK_IMPORT_SANDBOX_ROLE_ARN: 'arn',
      BEDROCK_IMPORT_SANDBOX_MODEL: 'acme/tiny',
      BEDROCK_IMPORT_STATE_DIR: '/data/jobs-state',
      AWS_CA_BUNDLE: '/bundle.pem',
      SSL_CERT_FILE: '/bundle.pem',
      REQUESTS_CA_BUNDLE: '/bundle.pem',
      CURL_CA_BUNDLE: '/bundle.pem',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      DENO_CERT: '/ca.pem'
    });
    expect(notes).toEqual([]);
  });

  it('leaves endpoints of the user alone, and says so', () => {
    const { variables, notes } = printedEnvironment({
      ...options,
      processEnvironment: {
        HF_ENDPOINT: 'https://hub.example',
        AWS_ENDPOINT_URL_S3: 'https://s3.example',
        AWS_ENDPOINT_URL: ''
      }
    });
    expect(variables).not.toHaveProperty('HF_ENDPOINT');
    expect(variables).toHaveProperty('AWS_ENDPOINT_URL');
    expect(notes.join()).toContain('AWS_ENDPOINT_URL_S3, HF_ENDPOINT');
  });

  it.each([
    ['a folder of the user wins', {}, { BEDROCK_IMPORT_STATE_DIR: '/mnt/jobs' }],
    ['an AWS endpoint of the user wins', {}, { AWS_ENDPOINT_URL: 'https://aws.example' }],
    ['only the hub is served', { awsUrl: '' }, {}]
  ])('gives jobs no folder where %s', (_, more, processEnvironment) => {
    const { variables } = printedEnvironment({ ...options, ...more, processEnvironment });
    expect(variables).not.toHaveProperty('BEDROCK_IMPORT_STATE_DIR');
  });

  it('keeps a proxy away from loopback', () => {
    const { variables } = printedEnvironment({
      ...options,
      processEnvironment: { https_proxy: 'http://proxy:3128', NO_PROXY: 'internal, localhost' }
    });
    expect(variables['NO_PROXY']).toBe('internal,localhost,127.0.0.1');
    expect(variables['no_proxy']).toBe(variables['NO_PROXY']);
  });

  it('empties the session token of other credentials', () => {
    const { variables } = printedEnvironment({
      ...options,
      processEnvironment: { AWS_SESSION_TOKEN: 'of a real role', AWS_PROFILE: 'work' }
    });
    expect(variables['AWS_SESSION_TOKEN']).toBe('');
    expect(
      printedEnvironment({ ...options, processEnvironment: { AWS_PROFILE: 'work' } }).notes.join()
    ).toContain('AWS_PROFILE');
  });

  it('quotes for a shell', () => {
    expect(exportLines({ A: "it's $HOME" })).toBe("export A='it'\\''s $HOME'\n");
  });
});

describe('dispatch', () => {
  const scope = (service: string) =>
    `AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/${service}/aws4_request, Signature=0`;
  const request = (path: string, init: RequestInit = {}) =>
    new Request(`http://127.0.0.1${path}`, init);

  it.each(['s3', 'bedrock', 'iam', 'sts'])('goes by the signature for %s', service => {
    const headers = { authorization: scope(service) };
    expect(serviceOf(request('/model/x', { headers }))).toBe(service);
    const query = `/?X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2F${service}%2Faws4_request`;
    expect(serviceOf(request(query))).toBe(service);
  });

  it('goes by the form of the request without one', () => {
    expect(serviceOf(request('/bucket/key'))).toBe('s3');
    expect(serviceOf(request('/model/x/converse', { method: 'POST' }))).toBe('bedrock');
    expect(serviceOf(request('/imported-models'))).toBe('bedrock');
    const form = { method: 'POST', body: new URLSearchParams({ Action: 'GetCallerIdentity' }) };
    expect(serviceOf(request('/', form))).toBe('sts');
  });
});

describe('shaping', () => {
  const echo = async (request: Request) => new Response(request.body);

  it('hands the handler back when there is nothing to shape', () => {
    expect(shapeTraffic(echo, { latencyMs: 0 }, createManualClock())).toBe(echo);
  });

  it('answers after the latency', async () => {
    const clock = createManualClock();
    let answered = false;
    const shaped = shapeTraffic(echo, { latencyMs: 30 }, clock);
    const answer = shaped(new Request('http://x'), { remotePort: 1 }).then(() => {
      answered = true;
    });
    clock.advance(29);
    await Promise.resolve();
    expect(answered).toBe(false);
    clock.advance(1);
    await answer;
  });

  it('rations each connection and each direction, without changing a byte', async () => {
    const clock = createManualClock();
    const slept: number[] = [];
    const sleepless = {
      now: () => clock.now(),
      sleep: (milliseconds: number) => {
        slept.push(milliseconds);
        clock.advance(milliseconds);
        return Promise.resolve();
      }
    };
    const shaped = shapeTraffic(echo, { latencyMs: 0, bytesPerSecond: 1000 }, sleepless);
    const send = async (remotePort: number) => {
      const before = clock.now().getTime();
      const body = new Uint8Array(500).fill(remotePort);
      const request = new Request('http://x', { method: 'POST', body });
      const answer = await shaped(request, { remotePort });
      expect(new Uint8Array(await answer.arrayBuffer())).toEqual(body);
      return clock.now().getTime() - before;
    };
    // Half a second up and half a second down, less what an idle connection may send at once.
    expect(await send(1)).toBe(480 + 480);
    expect(await send(2)).toBe(480 + 480);
    expect(slept.length).toBeGreaterThan(0);
  });
});
