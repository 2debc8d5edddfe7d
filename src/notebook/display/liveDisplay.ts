import { randomUUID } from 'node:crypto';

import { bundleOf } from './bundle';
import type { Displayed, MimeBundle } from './bundle';
import { jupyter } from './jupyter';
import { print } from './show';

/** A front end draws each update; more of them a second than this are not seen. */
const SHORTEST_MS = 120;

/** One display under a cell that is updated in place, also after the cell has ended. */
export class LiveDisplay {
  private next: Displayed | MimeBundle | undefined;
  private drawing: Promise<void> | undefined;

  private constructor(private readonly id: string) {}

  static async open(first: Displayed | MimeBundle): Promise<LiveDisplay> {
    const live = new LiveDisplay(randomUUID());
    await live.draw(first, false);
    return live;
  }

  /**
   * The newest content wins: what came meanwhile is left out. Resolves when this content or a newer one
   * is shown. Without Jupyter nothing is printed but by `finish`.
   */
  update(next: Displayed | MimeBundle): Promise<void> {
    this.next = next;
    this.drawing ??= this.drawAll().finally(() => {
      this.drawing = undefined;
    });
    return this.drawing;
  }

  /** Shows the last content; without Jupyter, prints it. */
  async finish(last: Displayed | MimeBundle): Promise<void> {
    await this.update(last);
    if (jupyter() === undefined) {
      print(await bundleOf(last));
    }
  }

  private async drawAll(): Promise<void> {
    while (this.next !== undefined) {
      const { next } = this;
      this.next = undefined;
      await this.draw(next, true);
      if (this.next !== undefined) {
        await new Promise(resolve => setTimeout(resolve, SHORTEST_MS));
      }
    }
  }

  private async draw(content: Displayed | MimeBundle, update: boolean): Promise<void> {
    const bundle = await bundleOf(content);
    const kernel = jupyter();
    if (kernel !== undefined) {
      await kernel.display(bundle, { raw: true, display_id: this.id, update });
    } else if (!update) {
      print(bundle);
    }
  }
}
