import { BedrockClient } from '@aws-sdk/client-bedrock';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { S3Client, PutObjectCommand } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createIam, type Iam } from '../../iam';
import { createS3 } from '../../s3';
import {
  createFaultPlan,
  createManualClock,
  createSandboxState,
  type FaultName,
  type ManualClock,
  type SandboxState
} from '../../state';
import { createBedrock, type Bedrock, type BedrockOptions } from '..';
import { fakeInference } from './fakeInference';
import { listen, type TestServer } from './listen';

/** S3, IAM and Bedrock in this process, with a clock that the spec moves and a model that is made up. */
export interface TestBedrock {
  state: SandboxState;
  clock: ManualClock;
  iam: Iam;
  server: TestServer;
  bedrock: BedrockClient;
  /** Over HTTP/2, which is this client's default. */
  runtime: BedrockRuntimeClient;
  /** Over HTTP/1.1, as the engine uses it in Deno. */
  runtimeHttp1: BedrockRuntimeClient;
  clientOptions(region?: string): ClientOptions;
  putModel(prefix: string, files?: Readonly<Record<string, string>>): Promise<string>;
  /** Ends Bedrock and starts it anew on the same data folder, as a restart does. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface ClientOptions {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
}

export const LLAMA = '{"architecture":"LlamaForCausalLM"}';

export async function startTestBedrock(
  options: {
    faults?: Partial<Record<FaultName, number | string>>;
    bedrock?: Partial<BedrockOptions>;
  } = {}
): Promise<TestBedrock> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-bedrock-'));
  const clock = createManualClock(new Date());
  const faults = createFaultPlan({ faults: options.faults });
  let state = createSandboxState({ dataDirectory: folder, clock, faults });
  const { accessKeyId, secretAccessKey } = state;
  const start = async () => {
    const iam = await createIam(state);
    const s3 = createS3(state);
    const bedrock = await createBedrock({
      state,
      store: s3.store,
      iam,
      inference: fakeInference,
      ...options.bedrock
    });
    return { iam, s3, bedrock };
  };
  let running: { iam: Iam; s3: ReturnType<typeof createS3>; bedrock: Bedrock } = await start();
  const server = await listen((request, connection) =>
    /\/s3\/aws4_request/.test(request.headers.get('authorization') ?? '')
      ? running.s3(request, connection)
      : running.bedrock(request, connection)
  );
  const clientOptions = (region = state.region): ClientOptions => ({
    endpoint: server.url,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1
  });
  const s3Client = new S3Client({ ...clientOptions(), forcePathStyle: true });
  const bedrock = new BedrockClient(clientOptions());
  const runtime = new BedrockRuntimeClient({ ...clientOptions(), endpoint: server.http2Url });
  const runtimeHttp1 = new BedrockRuntimeClient({
    ...clientOptions(),
    requestHandler: new FetchHttpHandler()
  });
  return {
    get state() {
      return state;
    },
    get iam() {
      return running.iam;
    },
    clock,
    server,
    bedrock,
    runtime,
    runtimeHttp1,
    clientOptions,
    putModel: async (prefix, files = { 'config.json': LLAMA, 'answer.txt': 'Paris it is.' }) => {
      for (const [path, Body] of Object.entries(files)) {
        await s3Client.send(
          new PutObjectCommand({ Bucket: state.startBucket, Key: `${prefix}/${path}`, Body })
        );
      }
      return `s3://${state.startBucket}/${prefix}/`;
    },
    restart: async () => {
      await running.bedrock.close();
      state = createSandboxState({
        dataDirectory: folder,
        clock,
        faults,
        credentials: { accessKeyId, secretAccessKey }
      });
      running = await start();
    },
    close: async () => {
      [s3Client, bedrock, runtime, runtimeHttp1].forEach(client => client.destroy());
      await running.bedrock.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    }
  };
}
