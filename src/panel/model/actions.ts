import { Dialog, InputDialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { CommandIDs } from '../commandIds';
import { formatBytes } from '../components';
import { toFailure } from '../connection';
import type { FormActions } from './form';
import type { ImportForm } from './importForm';

export interface ActionOptions {
  form: ImportForm;
  commands: CommandRegistry;
  trans: TranslationBundle;
  /** Whether to ask once more before an import starts. */
  confirmStart: () => boolean;
}

/** What the buttons of the form do. */
export function createActions(options: ActionOptions): FormActions {
  const { form, commands, trans } = options;
  return {
    createBucket: () => void createBucket(form, trans),
    start: () => void start(options),
    showJob: id => {
      if (commands.hasCommand(CommandIDs.openJob)) {
        void commands.execute(CommandIDs.openJob, { id });
      }
    }
  };
}

async function createBucket(form: ImportForm, trans: TranslationBundle): Promise<void> {
  const asked = await InputDialog.getText({
    title: trans.__('Create a bucket'),
    label: trans.__(
      'Its name: 3 to 63 lower-case letters, digits and hyphens, unlike any other in the world. It is made in your Region, private, and costs nothing while it is empty.'
    ),
    okLabel: trans.__('Create')
  });
  const name = asked.value?.trim() ?? '';
  if (!asked.button.accept || name === '') {
    return;
  }
  try {
    await form.createBucket(name);
  } catch (error) {
    const { message, nextStep } = toFailure(error);
    await showDialog({
      title: trans.__('The bucket was not created'),
      body: `${message} ${nextStep}`,
      buttons: [Dialog.okButton({ label: trans.__('Close') })]
    });
  }
}

async function start({ form, confirmStart, trans }: ActionOptions): Promise<void> {
  const review = form.currentReview;
  if (review === undefined) {
    return;
  }
  if (confirmStart()) {
    const { button } = await showDialog({
      title: trans.__('Start the import?'),
      body: trans.__(
        '%1 go to %2, and Bedrock imports them as %3.',
        formatBytes(review.bytesToMove),
        review.s3Uri,
        review.importedModelName
      ),
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Start') })],
      defaultButton: 0
    });
    if (!button.accept) {
      return;
    }
  }
  await form.start();
}
