import type { IStateDB } from '@jupyterlab/statedb';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';

import type { IPreferences } from '../tokens';
import { readDraft, startingDraft } from './draft';
import type { Draft } from './draft';
import type { ImportForm } from './importForm';

const STATE_ID = 'jupyterlab-bedrock-import:form';
const SAVE_MS = 500;

/** Keeps what was entered in the form over reloads of the page. */
export class FormKeeper implements IDisposable {
  private readonly save: Debouncer<void, void>;
  private _isDisposed = false;

  constructor(
    private readonly form: ImportForm,
    private readonly state: IStateDB | null
  ) {
    this.save = new Debouncer<void, void>(async () => {
      const { draft, recent } = form;
      await this.state?.save(STATE_ID, { draft: { ...draft }, recent: [...recent] });
    }, SAVE_MS);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this.form.stateChanged.disconnect(this.onChange, this);
      this.save.dispose();
    }
  }

  /** Fills the form with what was kept, and with the user's settings where nothing was. */
  async restore(preferences: IPreferences | null): Promise<void> {
    let kept: unknown;
    try {
      [kept] = await Promise.all([this.state?.fetch(STATE_ID), preferences?.ready]);
    } catch {
      // A database that cannot be read: the settings do.
    }
    if (this._isDisposed) {
      return;
    }
    const { draft, recent } = readKept(kept);
    this.form.restore(startingDraft(draft, preferences ?? undefined), recent);
    this.form.stateChanged.connect(this.onChange, this);
  }

  private onChange(): void {
    // A save that is overtaken, or a database that is full, loses nothing but convenience.
    this.save.invoke().catch(() => undefined);
  }
}

function readKept(kept: unknown): { draft: Partial<Draft>; recent: string[] } {
  const { draft, recent } = (kept ?? {}) as { draft?: unknown; recent?: unknown };
  return {
    draft: readDraft(draft),
    recent: Array.isArray(recent)
      ? recent.filter((source): source is string => typeof source === 'string')
      : []
  };
}
