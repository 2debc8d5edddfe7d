/** What a failure means: as the engine's errors say it. */
export type FailureKind = 'failed' | 'blocked' | 'usage' | 'cancelled';

/** A failure in the user's words; the `data` of a JSON-RPC error of the code `ENGINE_FAILURE`. */
export interface Failure {
  /** Stable upper-case name, such as `HUB_NOT_FOUND`. */
  code: string;
  message: string;
  subject?: string;
  /** What the user can do now. */
  nextStep: string;
  kind: FailureKind;
}

/** JSON-RPC error codes of our own, outside of the range that JSON-RPC 2.0 reserves for itself. */
export const ENGINE_FAILURE = 1;
/** The page and the engine speak different versions: reload the page. */
export const RELOAD_NEEDED = 2;
/** `session/hello` has to come first. */
export const HELLO_NEEDED = 3;
