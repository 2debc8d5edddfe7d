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
export function confirmLoss(options: ConfirmationOptions): Promise<boolean> {
  return confirm(options, Dialog.warnButton({ label: options.accept }));
}

/** Asks before something that can be undone, but should not happen by a slip. @returns whether it shall be done */
export function confirmChange(options: ConfirmationOptions): Promise<boolean> {
  return confirm(options, Dialog.okButton({ label: options.accept }));
}

async function confirm(options: ConfirmationOptions, accept: Dialog.IButton): Promise<boolean> {
  const { title, body, reject } = options;
  const { button } = await showDialog({
    title,
    body: ReactWidget.create(body),
    buttons: [Dialog.cancelButton(reject === undefined ? {} : { label: reject }), accept],
    defaultButton: 0
  });
  return button.accept;
}
