import { entryNotFound, hubError, revisionNotFound } from './answers';
import { maySee, refuseGated, repositoryNotFound, type Caller } from './access';
import { COMMIT_TITLE, insideFolder, listTree, type TreeEntry } from './listing';
import { modelFacts } from './modelFacts';
import type { Repositories, Repository } from './repository';

/** As the hub's, so that a listing of more files has to be read in pages. */
const MOST_ENTRIES = 1000;
const MOST_MODELS = 1000;

/** Names of a commit: its sha, or a branch; the sandbox has one of each. */
export function isRevision(repository: Repository, revision: string): boolean {
  return ['main', 'HEAD', 'refs/heads/main', repository.commitSha].includes(revision);
}

/** Takes the revision from the front of path segments; `refs/…` has three of them. */
export function splitRevision(segments: readonly string[]): { revision: string; rest: string } {
  const length = segments[0] === 'refs' ? 3 : 1;
  return {
    revision: segments.slice(0, length).join('/'),
    rest: segments.slice(length).join('/')
  };
}

/** Answers `/api/models/{org}/{name}/…`; `segments` is what comes after the name. */
export async function answerModelApi(
  request: Request,
  url: URL,
  repository: Repository | undefined,
  segments: readonly string[],
  caller: Caller
): Promise<Response> {
  if (repository === undefined || !maySee(repository, caller)) {
    return repositoryNotFound(caller);
  }
  const [what = '', ...after] = segments;
  const { revision, rest } = splitRevision(after);
  const post = request.method === 'POST';
  if (post !== (what === 'paths-info')) {
    return hubError(404, "Sorry, we can't find the page you are looking for.");
  }
  if (['revision', 'tree', 'paths-info', 'commits'].includes(what)) {
    if (!isRevision(repository, revision)) {
      return revisionNotFound(revision);
    }
  }
  switch (what) {
    case '':
    case 'revision':
      return Response.json(await modelFacts(repository, factsOptions(url)));
    case 'tree':
      return answerTree(repository, url, rest);
    case 'paths-info':
      return answerPathsInfo(request, repository);
    case 'refs':
      return Response.json({
        branches: [{ name: 'main', ref: 'refs/heads/main', targetCommit: repository.commitSha }],
        tags: [],
        converts: []
      });
    case 'commits':
      return Response.json([
        {
          id: repository.commitSha,
          title: COMMIT_TITLE,
          message: '',
          authors: [{ user: repository.id.split('/')[0] }],
          date: repository.lastModified.toISOString()
        }
      ]);
    case 'auth-check':
      return refuseGated(repository, caller) ?? new Response('OK');
    default:
      return hubError(404, "Sorry, we can't find the page you are looking for.");
  }
}

/** Answers `GET /api/models?search=…`: what the caller may see, without the list of files. */
export async function answerSearch(
  url: URL,
  repositories: Repositories,
  caller: Caller
): Promise<Response> {
  const search = (url.searchParams.get('search') ?? '').toLowerCase();
  const author = url.searchParams.get('author');
  const limit = readLimit(url, MOST_MODELS);
  const found: unknown[] = [];
  for (const id of await repositories.ids()) {
    if (found.length === limit) {
      break;
    }
    if (id.toLowerCase().includes(search) && (author === null || id.startsWith(`${author}/`))) {
      const repository = await repositories.find(id);
      if (repository !== undefined && maySee(repository, caller)) {
        const { siblings, ...facts } = await modelFacts(repository, factsOptions(url));
        found.push(url.searchParams.get('full') === 'true' ? { ...facts, siblings } : facts);
      }
    }
  }
  return Response.json(found);
}

function factsOptions(url: URL): { expand: string[]; blobs: boolean } {
  return {
    expand: [...url.searchParams.getAll('expand'), ...url.searchParams.getAll('expand[]')],
    blobs: ['true', 'True', '1'].includes(url.searchParams.get('blobs') ?? '')
  };
}

function answerTree(repository: Repository, url: URL, folder: string): Response {
  const expand = isTrue(url.searchParams.get('expand'));
  const all = listTree(repository, expand);
  const inside = insideFolder(all, folder, isTrue(url.searchParams.get('recursive')));
  if (folder !== '' && inside.length === 0) {
    return entryNotFound();
  }
  const start = Math.max(0, Number.parseInt(url.searchParams.get('cursor') ?? '0', 10) || 0);
  const limit = readLimit(url, MOST_ENTRIES);
  const headers = new Headers();
  if (start + limit < inside.length) {
    const next = new URL(url);
    next.searchParams.set('cursor', String(start + limit));
    headers.set('Link', `<${next.href}>; rel="next"`);
  }
  return Response.json(inside.slice(start, start + limit), { headers });
}

async function answerPathsInfo(request: Request, repository: Repository): Promise<Response> {
  let paths: string[];
  let expand: boolean;
  if ((request.headers.get('content-type') ?? '').includes('json')) {
    const body = (await request.json()) as { paths?: string[]; expand?: boolean };
    paths = body.paths ?? [];
    expand = body.expand === true;
  } else {
    // huggingface_hub sends a form.
    const form = new URLSearchParams(await request.text());
    paths = form.getAll('paths');
    expand = isTrue(form.get('expand'));
  }
  const wanted = new Set(paths.map(path => path.replace(/\/$/, '')));
  const entries: TreeEntry[] = listTree(repository, expand);
  return Response.json(entries.filter(entry => wanted.has(entry.path)));
}

function isTrue(text: string | null): boolean {
  return text?.toLowerCase() === 'true' || text === '1';
}

function readLimit(url: URL, most: number): number {
  const limit = Number.parseInt(url.searchParams.get('limit') ?? '', 10);
  return limit >= 1 ? Math.min(limit, most) : most;
}
