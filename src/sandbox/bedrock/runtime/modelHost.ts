import type { SandboxState } from '../../state';
import { snapshotFolder, filesInSnapshot } from '../control/snapshot';
import type { StoredModel } from '../control/records';
import type { Inference, LoadedModel } from '../ports';
import { modelError, modelNotReady } from '../refusals';

const DEFAULT_COLD_START_SECONDS = 2;

/** Amazon Bedrock User Guide, "Calculate the cost of running a custom model": idle time to zero. */
const IDLE_MS = 5 * 60 * 1000;

/** Of several loaded models the one that was not used for longest goes, to bound the memory. */
const MAX_LOADED = 2;

// AWS re:Post Knowledge Center, "How do I resolve the ModelNotReadyException error".
const NOT_READY = 'Model is not ready for inference. Wait and try your request again.';

interface ModelCopy {
  startedMs: number;
  lastUsedMs: number;
  loading: Promise<LoadedModel | Error>;
  outcome?: LoadedModel | Error;
}

/** A model that is ready. Several answers may be on their way at once. */
export interface ModelUse {
  model: LoadedModel;
  /** The answer has ended: idle time counts from here. */
  end(): void;
}

export interface ModelHost {
  /** @throws RefusedError ModelNotReadyException during the cold start, ModelErrorException. */
  acquire(model: StoredModel): Promise<ModelUse>;
  readonly forget: (arn: string) => void;
}

/**
 * Copies of imported models as they come and go: the first invocation starts a cold start, in which
 * the model is really loaded from the bytes that were imported; after five idle minutes it is gone.
 */
export function createModelHost(options: {
  state: SandboxState;
  inference: Inference;
  coldStartSeconds?: number;
}): ModelHost {
  const { state, inference } = options;
  const copies = new Map<string, ModelCopy>();
  const nowMs = () => state.now().getTime();
  const coldStartMs = () => {
    const asked = state.faults.value('model-not-ready');
    const seconds =
      typeof asked === 'number' ? asked : (options.coldStartSeconds ?? DEFAULT_COLD_START_SECONDS);
    return seconds * 1000;
  };
  const startCopy = (model: StoredModel): ModelCopy => {
    const id = model.arn.slice(model.arn.lastIndexOf('/') + 1);
    const files = filesInSnapshot(snapshotFolder(state, id), model.files);
    const now = nowMs();
    const copy: ModelCopy = {
      startedMs: now,
      lastUsedMs: now,
      loading: inference
        .loadModel(files)
        .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
    };
    void copy.loading.then(outcome => {
      copy.outcome = outcome;
    });
    copies.set(model.arn, copy);
    evict(copies);
    return copy;
  };
  return {
    acquire: async model => {
      if (!model.runnable) {
        throw modelError(
          `The sandbox imports ${model.architecture} models but cannot run them: its inference covers small dense Llama-type models only.`
        );
      }
      const now = nowMs();
      let copy = copies.get(model.arn);
      if (copy !== undefined && now - copy.lastUsedMs > IDLE_MS) {
        copy = undefined;
      }
      copy ??= startCopy(model);
      copy.lastUsedMs = now;
      const waitMs = coldStartMs();
      if (waitMs > 0 && (now - copy.startedMs < waitMs || copy.outcome === undefined)) {
        throw modelNotReady(NOT_READY);
      }
      const outcome = await copy.loading;
      if (outcome instanceof Error) {
        // The next invocation tries again.
        copies.delete(model.arn);
        throw modelError(`The model could not be loaded: ${outcome.message}`);
      }
      const used = copy;
      return {
        model: outcome,
        end: () => {
          used.lastUsedMs = nowMs();
        }
      };
    },
    forget: arn => {
      copies.delete(arn);
    }
  };
}

function evict(copies: Map<string, ModelCopy>): void {
  const oldest = [...copies].sort(([, a], [, b]) => b.lastUsedMs - a.lastUsedMs).slice(MAX_LOADED);
  oldest.forEach(([arn]) => copies.delete(arn));
}
