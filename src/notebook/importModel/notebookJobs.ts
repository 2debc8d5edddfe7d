import { JobRunner, JobStore } from '../../engine';
import type { EngineContext } from '../../engine';
import { currentSession } from '../session';

/** The jobs of this kernel: what it runs goes on when the cell that started it has ended. */
export interface NotebookJobs {
  store: JobStore;
  runner: JobRunner;
}

interface Kept {
  /** One for each folder, because a store knows what this process runs. */
  stores: Map<string, Promise<JobStore>>;
  runners: Map<EngineContext, JobRunner>;
}

/** On `globalThis`, so that jobs that run are found by a module that was imported anew. */
const KEY = Symbol.for('bedrock-import.notebook.jobs');

function keptJobs(): Kept {
  const place = globalThis as { [KEY]?: Kept };
  return (place[KEY] ??= { stores: new Map(), runners: new Map() });
}

/**
 * The jobs of this machine and what runs them in this kernel, for the engine's functions about jobs:
 * `pauseJob(store, id)`, `cancelJob(context, store, id)`, `store.list()`.
 *
 * @throws BedrockImportError `CELL_ORDER` before `connect()`
 */
export async function notebookJobs(): Promise<NotebookJobs> {
  const { context } = currentSession();
  const { stores, runners } = keptJobs();
  const { stateDirectory } = context.environment;
  const opening = stores.get(stateDirectory) ?? JobStore.open(stateDirectory);
  stores.set(stateDirectory, opening);
  const store = await opening;
  const runner = runners.get(context) ?? new JobRunner(context, store);
  runners.set(context, runner);
  return { store, runner };
}
