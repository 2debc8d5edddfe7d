/** Why a run ends before its last stage. */
export type StopReason = 'pause' | 'cancel' | 'interrupt' | 'lost';

/** Stops a run, whoever asks for it; of several reasons the weightiest counts. */
export class StopSwitch {
  private readonly controller = new AbortController();
  private why: StopReason | undefined;
  private readonly onAbort = (): void => this.trip(this.abortMeans);

  constructor(
    private readonly given: AbortSignal | undefined,
    private readonly abortMeans: 'pause' | 'interrupt'
  ) {
    given?.addEventListener('abort', this.onAbort, { once: true });
    if (given?.aborted === true) {
      this.onAbort();
    }
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get reason(): StopReason | undefined {
    return this.why;
  }

  trip(reason: StopReason): void {
    const weight: readonly StopReason[] = ['interrupt', 'pause', 'cancel', 'lost'];
    if (this.why === undefined || weight.indexOf(reason) > weight.indexOf(this.why)) {
      this.why = reason;
    }
    this.controller.abort();
  }

  close(): void {
    this.given?.removeEventListener('abort', this.onAbort);
  }
}
