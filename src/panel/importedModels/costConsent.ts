import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ImportedModelFact } from '../../protocol';
import type { IPreferences } from '../tokens';
import { explainQuestion } from './cost';

/** Says what a question costs before it is asked, unless the user does not want to read it any more. */
export class CostConsent {
  /** As long as the page lives; for longer, there is the setting. */
  private isGiven = false;

  constructor(
    private readonly preferences: Pick<IPreferences, 'confirmAsk' | 'ready'> | null,
    private readonly trans: TranslationBundle
  ) {}

  /** @returns whether to ask */
  async obtain(name: string, known: ImportedModelFact | undefined): Promise<boolean> {
    const { preferences, trans } = this;
    await preferences?.ready;
    if (this.isGiven || preferences?.confirmAsk === false) {
      return true;
    }
    const { button, isChecked } = await showDialog({
      title: trans.__('Ask “%1”?', name),
      body: explainQuestion(known ?? {}, trans),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Ask') })],
      checkbox: {
        label: trans.__('Do not say this again on this page'),
        caption: trans.__('Other models are then asked without this dialog, too')
      },
      defaultButton: 0
    });
    this.isGiven = button.accept && isChecked === true;
    return button.accept;
  }
}
