import { EngineFailure } from '../connection/failure';

/** Answers a request with a failure that says its code in every part. */
export function failing(code: string, message = `Message of ${code}.`): () => never {
  return () => {
    throw new EngineFailure({ code, message, nextStep: `Step of ${code}.`, kind: 'failed' });
  };
}
