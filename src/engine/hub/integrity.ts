import { BedrockImportError } from '../errors';
import type { HubFile, HubModel } from './types';

/** The entry of a listing. */
export function fileOf(model: HubModel, path: string): HubFile {
  const file = model.files.find(candidate => candidate.path === path);
  if (file === undefined) {
    throw new BedrockImportError({
      code: 'HUB_FILE_NOT_FOUND',
      message: `${model.id} has no file '${path}' at commit ${model.commitSha}.`,
      subject: `${model.id}/${path}`,
      nextStep: "Look at the files on the model's page; names count upper and lower case."
    });
  }
  return file;
}

export function fileMismatch(model: HubModel, path: string, what: string): BedrockImportError {
  return new BedrockImportError({
    code: 'HUB_FILE_MISMATCH',
    message: `What the hub gives for ${path} is not what it lists: ${what}.`,
    subject: `${model.id}/${path}`,
    nextStep:
      'Try again; if it stays so, a proxy or a mirror changes the file, or the hub is broken. Nothing of it counts as copied.'
  });
}

/** Whether content is the listed one: SHA-256 for an LFS file, git's blob hash for any other. */
export async function matchesHash(file: HubFile, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  if (file.sha256 !== undefined) {
    return (await hexDigest('SHA-256', bytes)) === file.sha256;
  }
  const header = new TextEncoder().encode(`blob ${bytes.byteLength}\0`);
  const blob = new Uint8Array(header.byteLength + bytes.byteLength);
  blob.set(header);
  blob.set(bytes, header.byteLength);
  return (await hexDigest('SHA-1', blob)) === file.gitOid;
}

async function hexDigest(
  algorithm: 'SHA-1' | 'SHA-256',
  bytes: Uint8Array<ArrayBuffer>
): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('');
}
