import process from 'node:process';

/**
 * The first failure of this process that nothing waits for. Deno would end the process with a stack
 * of its own, past redaction and exit codes. Aborting a request leaves such rejections behind as a
 * matter of course, inside Deno's fetch too, so those count for nothing: what was aborted is waited
 * for elsewhere.
 */
export function watchStrayRejections(): Promise<unknown> {
  return new Promise(resolve => {
    process.on('unhandledRejection', reason => {
      if (!isAbort(reason)) {
        resolve(reason);
      }
    });
    process.on('uncaughtException', resolve);
  });
}

function isAbort(reason: unknown): boolean {
  return (
    typeof reason === 'object' &&
    reason !== null &&
    'name' in reason &&
    reason.name === 'AbortError'
  );
}
