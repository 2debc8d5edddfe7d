import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Failure } from '../../protocol';
import { FailureNote, TranslationProvider } from '../components';

/** Says why a tutorial was not opened, wherever in JupyterLab it was asked for. */
export async function showFailure(failure: Failure, trans: TranslationBundle): Promise<void> {
  await showDialog({
    title: trans.__('The tutorial was not opened'),
    body: ReactWidget.create(
      <TranslationProvider value={trans}>
        <FailureNote failure={failure} />
      </TranslationProvider>
    ),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}
