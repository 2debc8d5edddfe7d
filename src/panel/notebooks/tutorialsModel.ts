import { VDomModel } from '@jupyterlab/ui-components';

import { Loader } from '../connection';
import type { NotebookCopies, NotebookFact } from './notebookCopies';
import type { Tutorial } from './tutorials';

export interface ListedTutorial extends Tutorial {
  /** Unknown before the server has told it. */
  description?: string;
}

/** The list of tutorials: titles from the start, what each is about once somebody looks. */
export class TutorialsModel extends VDomModel {
  private readonly facts = new Loader<NotebookFact[]>(() => this.stateChanged.emit());

  constructor(
    private readonly copies: NotebookCopies,
    private readonly known: readonly Tutorial[]
  ) {
    super();
  }

  /** Those of the server, which may be another version; those of this page before it has answered. */
  get tutorials(): readonly ListedTutorial[] {
    const { facts, known } = this;
    return (
      facts.value?.map(({ name, title, description }) => ({
        name,
        title: known.find(tutorial => tutorial.name === name)?.title ?? title,
        description
      })) ?? known
    );
  }

  /** Asks once. What could not be told is asked for again the next time that somebody looks. */
  look(): void {
    const { status } = this.facts.state;
    if (status === 'none' || status === 'failed') {
      void this.facts.load(signal => this.copies.list(signal));
    }
  }

  override dispose(): void {
    this.facts.cancel();
    super.dispose();
  }
}
