import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import type { ReactElement } from 'react';

export interface ConfirmationOptions {
  title: string;
  /** What exactly is done, and what stays. */
  body: ReactElement;
  /** Names of the buttons; the first one is what Enter does. @default JupyterLab's own `Cancel` */
  reject?: string;
  accept: string;
}

/** Asks before something that cannot be undone. @returns whether it shall be done */
export async function confirmLoss(options: ConfirmationOptions): Promise<boolean> {
  const { title, body, reject, accept } = options;
  const { button } = await showDialog({
    title,
    body: ReactWidget.create(body),
    buttons: [
      Dialog.cancelButton(reject === undefined ? {} : { label: reject }),
      Dialog.warnButton({ label: accept })
    ],
    defaultButton: 0
  });
  return button.accept;
}
