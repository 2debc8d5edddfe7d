import { BedrockImportError } from '../errors';

/** The typed error that `work` throws; anything else that it throws fails the test. */
export function thrownBy(work: () => unknown): BedrockImportError {
  try {
    work();
  } catch (error) {
    if (error instanceof BedrockImportError) {
      return error;
    }
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

/** The typed error that a promise is rejected with; anything else fails the test. */
export async function rejectedBy(work: Promise<unknown>): Promise<BedrockImportError> {
  try {
    await work;
  } catch (error) {
    return thrownBy(() => {
      throw error;
    });
  }
  throw new Error('Nothing was thrown.');
}
