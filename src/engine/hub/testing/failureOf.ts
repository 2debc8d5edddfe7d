import { BedrockImportError } from '../../errors';

export const TEST_TOKEN = 'hf_SECRETSECRETSECRET';
const SECRETS = ['SECRETSECRET', 'SIGNED-SECRET', 'Signature='];

/** The typed error of a rejection, after proving that nothing in it is secret. */
export async function failureOf(work: Promise<unknown>): Promise<BedrockImportError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason
  );
  if (!(error instanceof BedrockImportError)) {
    throw new Error(`Expected a BedrockImportError, got ${String(error)}`);
  }
  let text = JSON.stringify(error);
  for (let link: unknown = error; link instanceof Error; link = link.cause) {
    text += `${link.message} ${link.stack} ${JSON.stringify(link)}`;
    text += JSON.stringify(link, Object.getOwnPropertyNames(link));
  }
  for (const secret of SECRETS) {
    if (text.includes(secret)) {
      throw new Error(`The error holds ${secret}: ${text}`);
    }
  }
  if (error.nextStep.length < 20 || error.message.length < 10) {
    throw new Error(`The error does not help: ${text}`);
  }
  return error;
}
