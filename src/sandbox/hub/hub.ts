import type { FaultPlan, SandboxHandler, SandboxState } from '../state';
import { readCaller } from './access';
import { hubError, rateLimited } from './answers';
import { createFileHashes } from './fileHashes';
import { answerModelApi, answerSearch, splitRevision } from './modelApi';
import { streamBody } from './faultyBody';
import { openSource } from './fileAnswer';
import { createRateLimit } from './rateLimit';
import { openRepositories } from './repository';
import { answerCdn, answerResolve } from './resolve';
import { CDN_PREFIX, createSignedUrls } from './signedUrls';
import { createSwaps } from './swaps';

export interface HubOptions {
  /** Every `org/name` in it is a model; without it the hub is empty. */
  modelsDirectory?: string;
  state: SandboxState;
  /** @default those of `state` */
  faults?: FaultPlan;
}

export interface PublishedFile {
  sizeBytes: number;
  /** In hex; of LFS files only. */
  sha256?: string;
  /** Bytes [start, end) as the hub has them, without faults. */
  stream(start: number, end: number): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

export type Hub = SandboxHandler & {
  /** The model to try first; undefined when there is none. */
  firstModel(): Promise<string | undefined>;
  /** For an S3 that discards bytes: the file that a key is named after. */
  published(key: string, sizeBytes?: number): Promise<PublishedFile | undefined>;
  /** What the user may not expect of the models' folder, one line each. */
  notes(): Promise<string[]>;
};

/** The model that the set-up brings; preferred among others. */
const STARTER_MODEL = 'HuggingFaceTB/SmolLM2-135M-Instruct';

/** A model hub with the protocol of the Hugging Face Hub, over folders on this disk. */
export function createHub(options: HubOptions): Hub {
  const { state } = options;
  const faults = options.faults ?? state.faults;
  const repositories = openRepositories(options.modelsDirectory, createFileHashes(state));
  const context = {
    faults,
    signedUrls: createSignedUrls(state),
    swaps: createSwaps(state, faults)
  };
  const limitRate = createRateLimit(state, faults);

  const handler: SandboxHandler = async request => {
    const url = new URL(request.url);
    if (!['GET', 'HEAD', 'POST'].includes(request.method)) {
      return hubError(405, 'Method not allowed');
    }
    if (url.pathname.startsWith(CDN_PREFIX)) {
      return answerCdn(request, url, context);
    }
    return limitRate(url.pathname, () => answer(request, url));
  };

  const answer = async (request: Request, url: URL): Promise<Response> => {
    if (faults.roll('hub-429')) {
      return rateLimited();
    }
    const segments = decodeSegments(url.pathname);
    const caller = readCaller(request);
    if (segments === undefined) {
      return hubError(400, 'The path is not valid percent-encoding');
    }
    if (caller instanceof Response) {
      return caller;
    }
    const [first, second, third, fourth] = segments;
    if (first === 'api' && second === 'whoami-v2') {
      return caller.token === undefined
        ? hubError(401, 'Invalid username or password.')
        : Response.json(identity());
    }
    if (first === 'api' && second === 'models') {
      if (third === undefined) {
        return answerSearch(url, repositories, caller);
      }
      const repository = await repositories.find(`${third}/${fourth}`);
      return answerModelApi(request, url, repository, segments.slice(4), caller);
    }
    if (third === 'resolve' && request.method !== 'POST') {
      const { revision, rest: path } = splitRevision(segments.slice(3));
      const repository = await repositories.findForFile(`${first}/${second}`, revision, path);
      return answerResolve(request, url, repository, { revision, path }, caller, context);
    }
    return hubError(404, "Sorry, we can't find the page you are looking for.");
  };

  return Object.assign(handler, {
    firstModel: async () => {
      const ids = await repositories.ids();
      return ids.includes(STARTER_MODEL) ? STARTER_MODEL : ids[0];
    },
    published: async (key: string, sizeBytes?: number): Promise<PublishedFile | undefined> => {
      const file = await repositories.named(key, sizeBytes);
      return (
        file && {
          sizeBytes: file.sizeBytes,
          sha256: file.sha256,
          stream: async (start: number, end: number) =>
            streamBody(await openSource(file), start, end, {})
        }
      );
    },
    notes: async () => {
      if (options.modelsDirectory === undefined) {
        return [];
      }
      const isEmpty = (await repositories.ids()).length === 0;
      const misnamed = await repositories.misnamed();
      return [
        ...(isEmpty
          ? [`No model found: every folder ${options.modelsDirectory}/org/name would be one.`]
          : []),
        ...(misnamed.length > 0
          ? [`Left out, since the hub has no such names: ${misnamed.join(', ')}`]
          : [])
      ];
    }
  });
}

/** Decodes after splitting, so that an encoded slash of a revision such as refs%2Fpr%2F1 counts. */
function decodeSegments(pathname: string): string[] | undefined {
  try {
    return pathname
      .split('/')
      .slice(1)
      .flatMap((segment, index) => {
        const decoded = decodeURIComponent(segment);
        // Only a revision may hold an encoded slash, and none comes before the third segment.
        return index < 2 ? [decoded] : decoded.split('/');
      });
  } catch {
    return undefined;
  }
}

function identity(): Record<string, unknown> {
  return {
    type: 'user',
    id: 'sandbox',
    name: 'sandbox-user',
    fullname: 'Sandbox User',
    email: 'user@example.com',
    orgs: [],
    auth: { type: 'access_token', accessToken: { displayName: 'sandbox', role: 'read' } }
  };
}
