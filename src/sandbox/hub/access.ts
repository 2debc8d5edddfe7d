import { hubError } from './answers';
import type { Repository } from './repository';

/** Who asks: nobody, or the holder of a token. */
export interface Caller {
  token?: string;
}

/**
 * Reads the Authorization header. Every token in the form of the hub's is somebody's, except those
 * that begin with `hf_invalid`: a person may keep a real token in the environment while trying out.
 *
 * @returns The refusal when there is a token that is nobody's.
 */
export function readCaller(request: Request): Caller | Response {
  const authorization = request.headers.get('authorization');
  if (authorization === null) {
    return {};
  }
  const token = /^Bearer\s+(hf_[A-Za-z0-9_]+)$/.exec(authorization.trim())?.[1];
  if (token === undefined || token.startsWith('hf_invalid')) {
    return hubError(401, 'Invalid credentials in Authorization header');
  }
  return { token };
}

/** Whether the caller may know that the repository exists. */
export function maySee(repository: Repository, caller: Caller): boolean {
  return !repository.settings.private || holdsAccess(repository, caller);
}

/** The answer for a repository that does not exist, or not for this caller. */
export function repositoryNotFound(caller: Caller): Response {
  // The hub does not tell a stranger a private repository from a missing one.
  return caller.token === undefined
    ? hubError(401, 'Invalid username or password.', { code: 'RepoNotFound' })
    : hubError(404, 'Repository not found', { code: 'RepoNotFound' });
}

/** The refusal of a gated repository's files; undefined when the caller may read them. */
export function refuseGated(repository: Repository, caller: Caller): Response | undefined {
  if (repository.settings.gated === false || holdsAccess(repository, caller)) {
    return undefined;
  }
  const start = `Access to model ${repository.id} is restricted`;
  return caller.token === undefined
    ? hubError(
        401,
        `${start}. You must have access to it and be authenticated to access it. Please log in.`,
        { code: 'GatedRepo' }
      )
    : hubError(403, `${start} and you are not in the authorized list.`, { code: 'GatedRepo' });
}

function holdsAccess(repository: Repository, caller: Caller): boolean {
  return caller.token !== undefined && repository.settings.tokens.includes(caller.token);
}
