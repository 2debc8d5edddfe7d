import type { FaultPlan } from '../state';
import { maySee, refuseGated, repositoryNotFound, type Caller } from './access';
import { entryNotFound, revisionNotFound } from './answers';
import { fileAnswer } from './fileAnswer';
import { isRevision } from './modelApi';
import { isUnchanged, type Repository } from './repository';
import { contentDisposition, type SignedUrls } from './signedUrls';
import type { Swaps } from './swaps';

interface ResolveContext {
  faults: FaultPlan;
  signedUrls: SignedUrls;
  swaps: Swaps;
}

/**
 * Answers `/{org}/{name}/resolve/{revision}/{path}`: a small file at once, an LFS file by sending
 * the client to a signed URL, with the facts about it in headers.
 */
export async function answerResolve(
  request: Request,
  url: URL,
  repository: Repository | undefined,
  { revision, path }: { revision: string; path: string },
  caller: Caller,
  context: ResolveContext
): Promise<Response> {
  if (repository === undefined || !maySee(repository, caller)) {
    return repositoryNotFound(caller);
  }
  const refusal = refuseGated(repository, caller);
  if (refusal !== undefined) {
    return refusal;
  }
  if (!isRevision(repository, revision)) {
    return revisionNotFound(revision);
  }
  const file = repository.files.find(candidate => candidate.path === path);
  if (file === undefined) {
    const answer = entryNotFound();
    // huggingface_hub remembers, by commit, that there is no such file.
    answer.headers.set('X-Repo-Commit', repository.commitSha);
    return answer;
  }
  context.swaps.located(file);
  const lie = repository.settings.lie[path];
  const told = lie?.where === 'everywhere' ? lie : undefined;
  const size = String(told?.size ?? file.sizeBytes);
  const headers: Record<string, string> = {
    'X-Repo-Commit': repository.commitSha,
    'Access-Control-Expose-Headers':
      'X-Repo-Commit,X-Linked-Size,X-Linked-ETag,ETag,Link,Content-Range,X-Error-Code'
  };
  if (file.sha256 === undefined) {
    return fileAnswer(request, file, context, {
      ...headers,
      ETag: `"${told?.oid ?? file.gitOid}"`,
      'Content-Disposition': contentDisposition(path)
    });
  }
  const location = context.signedUrls.sign(url, repository, file);
  const text = 'Found. Redirecting to the file.';
  return new Response(request.method === 'HEAD' ? null : text, {
    status: 302,
    headers: {
      ...headers,
      'X-Linked-Size': size,
      'X-Linked-ETag': `"${told?.sha256 ?? file.sha256}"`,
      'Accept-Ranges': 'bytes',
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': String(text.length),
      Location: location
    }
  });
}

/** Answers a signed URL as the hub's CDN does. */
export async function answerCdn(
  request: Request,
  url: URL,
  context: ResolveContext
): Promise<Response> {
  const file = context.signedUrls.open(url);
  if (file === undefined || context.faults.roll('hub-expired-url')) {
    return cdnError(403, 'AccessDenied', 'Access denied');
  }
  // The URL stands for bytes with one hash; other bytes must never come under it.
  if (!(await isUnchanged(file))) {
    return cdnError(404, 'NoSuchKey', 'The specified key does not exist.');
  }
  return fileAnswer(request, file, context, {
    ETag: `"${file.sha256}"`,
    'Content-Disposition': url.searchParams.get('response-content-disposition') ?? 'inline'
  });
}

function cdnError(status: number, code: string, message: string): Response {
  const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return new Response(text, { status, headers: { 'Content-Type': 'text/xml' } });
}
