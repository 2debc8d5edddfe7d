import type { Command, Frame } from '../wire';

type HostAnswer = Extract<Command, { type: 'host' }>;

/** Things that only the kernel's Python half can do. */
export class HostCalls {
  private calls = 0;
  private readonly open = new Map<number, (answer: HostAnswer) => void>();

  constructor(private readonly send: (frame: Frame) => void) {}

  call(method: string): Promise<unknown> {
    this.calls += 1;
    const call = this.calls;
    return new Promise((resolve, reject) => {
      this.open.set(call, ({ value, error }) => {
        if (error === undefined) {
          resolve(value);
        } else {
          reject(new Error(error));
        }
      });
      this.send({ type: 'host', call, method });
    });
  }

  take(answer: HostAnswer): void {
    this.open.get(answer.call)?.(answer);
    this.open.delete(answer.call);
  }
}
