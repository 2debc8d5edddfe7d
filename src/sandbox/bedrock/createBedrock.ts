import { randomUUID } from 'node:crypto';

import { readVerified, RefusedError, renderJsonRefusal, type AwsRefusal } from '../sigv4';
import type { SandboxHandler } from '../state';
import { createControlPlane } from './control/operations';
import { openRecords } from './control/records';
import type { BedrockOptions } from './ports';
import { matchOperation, readInput, type MatchedOperation } from './restJson';
import { createModelHost } from './runtime/modelHost';
import { createRuntime } from './runtime/operations';
import { operationOf, serviceModel } from './serviceModel';

/** Amazon Bedrock User Guide, "Import a customized model": Regions of Custom Model Import. */
export const IMPORT_REGIONS: readonly string[] = [
  'us-east-1',
  'us-east-2',
  'us-west-2',
  'eu-central-1'
];

/** The control plane and the runtime of Bedrock, as far as imported models need them. */
export interface Bedrock extends SandboxHandler {
  /** Stops running imports; with the same data folder the next sandbox takes them up again. */
  close(): Promise<void>;
}

export async function createBedrock(options: BedrockOptions): Promise<Bedrock> {
  const { state, iam } = options;
  const host = createModelHost(options);
  const control = createControlPlane(options, await openRecords(state), host.forget);
  const runtime = createRuntime({ state, host, findModel: control.findModel });

  const answer = async (request: Request): Promise<Response> => {
    const { signal } = request;
    const read = await readVerified(request, {
      service: 'bedrock',
      // One address stands for the endpoints of all regions; each has its own jobs and models.
      region: scopeRegion(request),
      credentials: iam.credentials.find,
      now: state.now()
    });
    if (!('verified' in read)) {
      throw RefusedError.of(read);
    }
    const { accessKeyId, region } = read.verified;
    const url = new URL(request.url);
    const matched = matchOperation(request.method, url);
    // What the service says of imports in its other Regions could not be checked; this is the answer
    // of REST-JSON services to an operation that they do not have.
    if (matched === undefined || !IMPORT_REGIONS.includes(region)) {
      throw new RefusedError(404, 'UnknownOperationException', 'Unknown operation.');
    }
    const input = readInput(matched, { url, headers: request.headers, body: read.body });
    iam.authorize(
      iam.credentials.callerOf(accessKeyId),
      { action: iamAction(matched), resource: resourceOf(input, region, state.account) },
      'AccessDeniedException'
    );
    if (matched.service === 'bedrock-runtime') {
      return runtime.call(matched.action, { input, region, signal });
    }
    const output = await control.call(matched.action, input, region);
    const { responseCode } = operationOf(serviceModel('bedrock'), matched.action).http;
    return new Response(JSON.stringify(output), {
      status: responseCode ?? 200,
      headers: { 'content-type': 'application/json' }
    });
  };

  const handler: SandboxHandler = async request => {
    const requestId = randomUUID();
    try {
      const response = await answer(request);
      response.headers.set('x-amzn-requestid', requestId);
      return response;
    } catch (error) {
      return renderJsonRefusal(refusalOf(error), { requestId });
    }
  };
  return Object.assign(handler, { close: control.close });
}

function refusalOf(error: unknown): AwsRefusal {
  if (error instanceof RefusedError) {
    return error.refusal;
  }
  const why = error instanceof Error ? error.message : String(error);
  return {
    ok: false,
    status: 500,
    code: 'InternalServerException',
    message: `The sandbox failed: ${why}`
  };
}

function scopeRegion(request: Request): string {
  const authorization = request.headers.get('authorization') ?? '';
  return /Credential=[^/]+\/\d+\/([^/,]+)\//.exec(authorization)?.[1] ?? '';
}

/** Converse has no permission of its own (Service Authorization Reference, "Amazon Bedrock"). */
function iamAction({ action }: MatchedOperation): string {
  const permissions: Readonly<Record<string, string>> = {
    Converse: 'InvokeModel',
    ConverseStream: 'InvokeModelWithResponseStream'
  };
  return `bedrock:${permissions[action] ?? action}`;
}

function resourceOf(
  input: Readonly<Record<string, unknown>>,
  region: string,
  account: string
): string {
  const identifier = input.modelId ?? input.modelIdentifier ?? input.jobIdentifier;
  if (typeof identifier !== 'string') {
    return '*';
  }
  const kind = input.jobIdentifier === undefined ? 'imported-model' : 'model-import-job';
  return identifier.startsWith('arn:')
    ? identifier
    : `arn:aws:bedrock:${region}:${account}:${kind}/${identifier}`;
}
