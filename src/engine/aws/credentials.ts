import { fromNodeProviderChain, fromProcess } from '@aws-sdk/credential-providers';

import { BedrockImportError } from '../errors';
import { createRequestHandler, isErrorLike } from './connection';
import type { Variables } from './endpoints';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
  accountId?: string;
}

/** Where the clients of one process get their credentials, each time a request is signed. */
export interface CredentialSource {
  (properties?: Record<string, unknown>): Promise<AwsCredentials>;
  /** Tells the SDK that it need not remember them: this does, and can be told to forget. */
  readonly memoized: true;
  /** Whether they are keys of variables, which stay as they are as long as the process runs. */
  readonly fixed: boolean;
  /**
   * Looks for credentials anew, config files read again. Those in use stay in use where none are found.
   *
   * @returns whether they are others than before.
   */
  renew(): Promise<boolean>;
}

const CREDENTIAL_REQUEST_TIMEOUT_MS = 30_000;

/**
 * The default chain of the SDK for Node (variables, profile and SSO, web identity, container,
 * instance metadata), with one difference: keys that cannot be right are refused before they are
 * sent, because an HTTP header with a line break in it fails with a message that quotes the key.
 *
 * @throws BedrockImportError CREDENTIALS_MALFORMED, from the returned function.
 */
export function createCredentialSource(env: Variables, region: string): CredentialSource {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  if (accessKeyId && secretAccessKey && !env['AWS_PROFILE']) {
    const sessionToken = env['AWS_SESSION_TOKEN'];
    const credentials = {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken ? { sessionToken } : {})
    };
    return Object.assign(async () => checkCredentials(credentials), {
      memoized: true as const,
      fixed: true,
      renew: async () => false
    });
  }
  return createRenewableSource(env, region);
}

/** Asked for again this long before they end (what the SDK itself does). */
const RENEWAL_MARGIN_MS = 300_000;

function createRenewableSource(env: Variables, region: string): CredentialSource {
  const ask = async (properties?: Record<string, unknown>): Promise<AwsCredentials> => {
    // A chain of its own each time, and files read anew: whoever renews credentials writes them there.
    const chain = fromNodeProviderChain({
      ...(env['AWS_PROFILE'] ? { profile: env['AWS_PROFILE'] } : {}),
      clientConfig: { region, requestHandler: createRequestHandler(CREDENTIAL_REQUEST_TIMEOUT_MS) },
      ignoreCache: true
    });
    try {
      return checkCredentials(await chain(properties));
    } catch (error) {
      throw (await explainProcessFailure(env)) ?? error;
    }
  };
  let known: AwsCredentials | undefined;
  let pending: Promise<AwsCredentials> | undefined;
  const fresh = async (properties?: Record<string, unknown>): Promise<AwsCredentials> => {
    // Many requests that are signed at the same time ask once.
    pending ??= ask(properties).finally(() => {
      pending = undefined;
    });
    known = await pending;
    return known;
  };
  const source = async (properties?: Record<string, unknown>): Promise<AwsCredentials> => {
    const current = known;
    const left = (current?.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
    if (current !== undefined && left > RENEWAL_MARGIN_MS) {
      return current;
    }
    return fresh(properties).catch((error: unknown) => {
      if (current !== undefined && left > 0) {
        return current;
      }
      throw error;
    });
  };
  return Object.assign(source, {
    memoized: true as const,
    fixed: false,
    renew: async () => {
      const before = known;
      const now = await fresh().catch(() => before);
      return now?.accessKeyId !== before?.accessKeyId || now?.sessionToken !== before?.sessionToken;
    }
  });
}

/**
 * The chain only says that no source gave credentials. Where the profile names a program for them,
 * that is the source that failed, most often because a Deno process may not start programs.
 */
async function explainProcessFailure(env: Variables): Promise<BedrockImportError | undefined> {
  try {
    await fromProcess(env['AWS_PROFILE'] ? { profile: env['AWS_PROFILE'] } : {})();
    return undefined;
  } catch (error) {
    const text = isErrorLike(error) ? `${error.name} ${error.message}` : '';
    if (/did not contain credential_process|could not be found/.test(text)) {
      return undefined;
    }
    const mayNotRun = /Requires run access|NotCapable|PermissionDenied/i.test(text);
    return new BedrockImportError({
      code: 'CREDENTIALS_MISSING',
      // What the program wrote stays out: it may be part of a credential.
      message: `The AWS profile gets its credentials from a program (credential_process), ${
        mayNotRun ? 'and this process may not start programs' : 'and that program failed'
      }.`,
      nextStep: mayNotRun
        ? 'Give the credentials as variables: run eval "$(aws configure export-credentials --format env)" in the shell before.'
        : 'Run that program by itself to see what it says, or sign in another way.'
    });
  }
}

/** Printable ASCII without blanks: what a credential, and an HTTP header, may hold. */
export function isPrintableWord(value: string): boolean {
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f) {
      return false;
    }
  }
  return value !== '';
}

function checkCredentials(credentials: AwsCredentials): AwsCredentials {
  const parts: Array<[string, string | undefined]> = [
    ['access key id', credentials.accessKeyId],
    ['secret access key', credentials.secretAccessKey],
    ['session token', credentials.sessionToken]
  ];
  for (const [name, value] of parts) {
    if (value !== undefined && !isPrintableWord(value)) {
      throw malformedCredential(`The AWS ${name}`);
    }
  }
  return credentials;
}

/** @param what - Name of the credential, never its value. */
export function malformedCredential(what: string): BedrockImportError {
  return new BedrockImportError({
    code: 'CREDENTIALS_MALFORMED',
    message: `${what} holds a blank, a line break or another character that no credential has; it was not sent.`,
    nextStep: 'Set it again without quotes, blanks or line breaks around it.',
    kind: 'blocked'
  });
}
