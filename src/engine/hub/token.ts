import { join } from 'node:path';

import type { HostSource } from '../environment';
import { BedrockImportError } from '../errors';
import type { HubToken } from './types';

/** Keeps the value out of JSON, of text and of both runtimes' object printers. */
class MaskedHubToken implements HubToken {
  readonly #value: string;

  constructor(
    value: string,
    readonly source: HubToken['source']
  ) {
    this.#value = value;
  }

  get value(): string {
    return this.#value;
  }

  toJSON(): { value: string; source: HubToken['source'] } {
    return { value: '***', source: this.source };
  }

  toString(): string {
    return `token from ${this.source}`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `HubToken { ${this.toString()} }`;
  }

  [Symbol.for('Deno.customInspect')](): string {
    return `HubToken { ${this.toString()} }`;
  }
}

/**
 * A token that shows a mask and is fit for a header.
 *
 * @throws BedrockImportError `HUB_TOKEN_MALFORMED` when it holds anything but visible ASCII.
 */
export function createHubToken(value: string, source: HubToken['source']): HubToken {
  if (!/^[\x21-\x7e]{1,1024}$/.test(value)) {
    throw new BedrockImportError({
      code: 'HUB_TOKEN_MALFORMED',
      message: `The hub token of ${source} holds a line break, a space or another character that no token has.`,
      subject: source,
      nextStep:
        'Copy the token again from the "Access Tokens" page of your hub account, as one line without spaces or quotes.',
      kind: 'blocked'
    });
  }
  return new MaskedHubToken(value, source);
}

/**
 * The token that the hub's own tools would use: `HF_TOKEN`, else the file of `HF_TOKEN_PATH`, else
 * `token` under `HF_HOME`. One line break at the end of a file is not part of the token.
 *
 * @throws BedrockImportError `HUB_TOKEN_MALFORMED`
 */
export async function readHubToken(source: HostSource): Promise<HubToken | undefined> {
  const { env } = source;
  if (env.HF_TOKEN) {
    return createHubToken(env.HF_TOKEN, 'HF_TOKEN');
  }
  const cache = env.XDG_CACHE_HOME || join(source.homeDirectory, '.cache');
  const hubHome = env.HF_HOME || join(cache, 'huggingface');
  const file = env.HF_TOKEN_PATH || join(hubHome, 'token');
  const text = await source.readTextFile(file.replace(/^~(?=\/|$)/, source.homeDirectory));
  const value = text?.replace(/\r?\n$/, '');
  return value
    ? createHubToken(value, env.HF_TOKEN_PATH ? 'HF_TOKEN_PATH' : 'token file')
    : undefined;
}
