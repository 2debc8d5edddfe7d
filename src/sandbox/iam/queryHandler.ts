import { randomUUID } from 'node:crypto';

import { readVerified, RefusedError, renderQueryRefusal } from '../sigv4';
import type { SandboxHandler, SandboxState } from '../state';
import { readQuery, renderQueryAnswer, type QueryInput, type QueryService } from './queryProtocol';
import type { Caller, CredentialDirectory } from './sessions';

/** An operation of IAM or STS; its result is written by the output shape of the service model. */
export type QueryOperation = (
  input: QueryInput,
  caller: Caller
) => Promise<Readonly<Record<string, unknown>>> | Readonly<Record<string, unknown>>;

/** Signature, form, operation, XML: what IAM and STS share. */
export function queryHandler(options: {
  service: QueryService;
  state: SandboxState;
  credentials: CredentialDirectory;
  /** Regions that a signature may name; undefined accepts every one, as regional STS endpoints do together. */
  regions?: readonly string[];
  operations: Readonly<Record<string, QueryOperation>>;
  /** Asked before the operation. @throws RefusedError AccessDenied. */
  authorize(caller: Caller, action: string, input: QueryInput): void;
}): SandboxHandler {
  const { service, state, credentials, operations } = options;
  return async request => {
    const requestId = randomUUID();
    try {
      const read = await readVerified(request, {
        service,
        region: options.regions ?? scopeRegion(request),
        credentials: credentials.find,
        now: state.now()
      });
      if (!('verified' in read)) {
        return renderQueryRefusal(read, { requestId, service });
      }
      const caller = credentials.callerOf(read.verified.accessKeyId);
      const query = new URLSearchParams(
        request.method === 'GET' ? new URL(request.url).search : new TextDecoder().decode(read.body)
      );
      const { action, input } = readQuery(service, query);
      options.authorize(caller, action, input);
      const operation = operations[action];
      if (operation === undefined) {
        throw new Error(`${action} is in the service model but not served.`);
      }
      return renderQueryAnswer(service, action, await operation(input, caller), requestId);
    } catch (error) {
      const refusal =
        error instanceof RefusedError
          ? error.refusal
          : {
              ok: false as const,
              status: 500,
              code: 'InternalFailure',
              message: `The sandbox failed: ${error instanceof Error ? error.message : String(error)}`
            };
      return renderQueryRefusal(refusal, { requestId, service });
    }
  };
}

function scopeRegion(request: Request): string {
  const authorization = request.headers.get('authorization') ?? '';
  return /Credential=[^/]+\/\d+\/([^/,]+)\//.exec(authorization)?.[1] ?? '';
}
