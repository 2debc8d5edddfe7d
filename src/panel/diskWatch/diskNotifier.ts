import type { DiskWatchModel } from './diskWatchModel';

/** Tells once of each shortage that has become urgent; another one is after there was enough again. */
export class DiskNotifier {
  private hasTold = false;

  constructor(
    private readonly model: DiskWatchModel,
    private readonly handlers: { tell: () => void; end: () => void }
  ) {
    model.stateChanged.connect(this.look, this);
  }

  dispose(): void {
    this.model.stateChanged.disconnect(this.look, this);
  }

  private look(): void {
    const { disk, isShort, isUrgent } = this.model;
    if (isUrgent && !this.hasTold) {
      this.hasTold = true;
      this.handlers.tell();
    } else if (this.hasTold && !isShort && disk !== undefined) {
      this.hasTold = false;
      this.handlers.end();
    }
  }
}
