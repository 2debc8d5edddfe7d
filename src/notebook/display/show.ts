import { bundleOf } from './bundle';
import type { Displayed, MimeBundle } from './bundle';
import { jupyter } from './jupyter';

/** Shows something now, under the running cell. Without Jupyter, prints the plain text. */
export async function show(value: Displayed | MimeBundle): Promise<void> {
  const bundle = await bundleOf(value);
  const kernel = jupyter();
  if (kernel === undefined) {
    print(bundle);
    return;
  }
  await kernel.display(bundle, { raw: true });
}

export function print(bundle: MimeBundle): void {
  const text = bundle['text/plain'];
  if (typeof text === 'string') {
    console.log(text);
  }
}
