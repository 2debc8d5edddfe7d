import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';

import { ModelView } from '../components';
import type { MachineModel } from './machineModel';
import { MachineBody } from './machineView';
import type { MachineActions } from './machineView';

/** Shows the machine, and tells the model whether anybody can see it. */
export class MachineSection extends ModelView<MachineModel> {
  constructor(
    private readonly machine: MachineModel,
    trans: TranslationBundle,
    actions: MachineActions
  ) {
    super(machine, {
      trans,
      Body: ({ model }) => <MachineBody model={model} actions={actions} />
    });
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this.machine.setShown(this.isVisible);
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.machine.setShown(true);
  }

  protected override onBeforeHide(msg: Message): void {
    super.onBeforeHide(msg);
    this.machine.setShown(false);
  }

  protected override onBeforeDetach(msg: Message): void {
    super.onBeforeDetach(msg);
    this.machine.setShown(false);
  }
}
