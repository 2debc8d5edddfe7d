import { VDomModel } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';

import type { IEngine } from '../tokens';
import { Loader } from './loaded';

/** A model of what the engine knows. */
export abstract class EngineModel extends VDomModel {
  constructor(protected readonly engine: IEngine) {
    super();
  }

  get isReady(): boolean {
    return this.engine.state.status === 'ready';
  }

  /** Fetches something; the model changes with it. */
  protected loader<T>(): Loader<T> {
    return new Loader<T>(() => this.changed());
  }

  protected changed(): void {
    if (!this.isDisposed) {
      this.stateChanged.emit();
    }
  }
}

/** Does something again and again while the page can be seen. The caller starts it. */
export function createPoll(name: string, intervalMs: number, work: () => Promise<unknown>): Poll {
  return new Poll({
    name: `jupyterlab-bedrock-import:${name}`,
    auto: false,
    frequency: { interval: intervalMs, backoff: false },
    standby: 'when-hidden',
    factory: work
  });
}
