import type { JupyterOfDeno, MimeBundle } from '..';

/** What a front end would show. */
export interface RecordedJupyter {
  /** Every bundle that was sent, updates too. */
  readonly sent: ReadonlyArray<MimeBundle>;
  /** What stands under the cells in the end: an update takes the place of what it updates. */
  standing(): MimeBundle[];
  /** Plain text of what was sent last. */
  lastText(): string;
  /** Called with the plain text of each bundle, as it comes. */
  onText: ((text: string) => void) | undefined;
  /** A cell begins: `Deno.jupyter.signal` is a new one. The returned function is its ■. */
  newCell(): () => void;
  remove(): void;
}

const KEY = Symbol.for('bedrock-import.notebook.jupyter');

/**
 * Stands in for `Deno.jupyter` as the kernel has it, and writes down what it is given. Not in a global
 * `Deno`: specs run in Node, and the engine would take that for the real one.
 */
export function recordJupyter(more: Partial<JupyterOfDeno> = {}): RecordedJupyter {
  const place = globalThis as { [KEY]?: JupyterOfDeno };
  const sent: MimeBundle[] = [];
  const standing = new Map<string, MimeBundle>();
  let cell = new AbortController();
  const recorded: RecordedJupyter = {
    sent,
    standing: () => [...standing.values()],
    lastText: () => textOf(sent.at(-1)),
    onText: undefined,
    newCell: () => {
      const begun = new AbortController();
      cell = begun;
      return () => begun.abort();
    },
    remove: () => {
      delete place[KEY];
    }
  };
  const own: JupyterOfDeno = {
    display: async (content, options = {}) => {
      const { raw, display_id: id = `display ${sent.length}`, update = false } = options;
      if (raw !== true || standing.has(id) !== update) {
        throw new Error(`A display was ${update ? 'updated before it was' : 'opened again'}.`);
      }
      const bundle = content as MimeBundle;
      sent.push(bundle);
      standing.set(id, bundle);
      recorded.onText?.(textOf(bundle));
    },
    get signal() {
      return cell.signal;
    }
  };
  place[KEY] = Object.defineProperties(own, Object.getOwnPropertyDescriptors(more));
  return recorded;
}

function textOf(bundle: MimeBundle | undefined): string {
  const text = bundle?.['text/plain'];
  return typeof text === 'string' ? text : '';
}

/** @throws Error where a bundle lacks one of the two forms that every front end can show */
export function requireBothForms(bundles: readonly MimeBundle[]): void {
  for (const bundle of bundles) {
    for (const type of ['text/html', 'text/plain']) {
      if (typeof bundle[type] !== 'string' || bundle[type] === '') {
        throw new Error(`A bundle has no ${type}: ${JSON.stringify(bundle).slice(0, 200)}`);
      }
    }
  }
}

/** @throws Error where markup holds an element that views are not made of */
export function requireOwnMarkup(markup: string): void {
  const own =
    /^<\/?(?:div|span|b|table|thead|tbody|tr|th|td|pre|ul|li|details|summary|code|svg|rect|title|text|line)(?:\s+(?!on)[a-zA-Z:0-9-]+="[^"<>]*")*\s*\/?>$/;
  for (const [tag] of markup.matchAll(/<[^>]*>?/g)) {
    if (!own.test(tag)) {
      throw new Error(`Foreign markup: ${tag.slice(0, 200)}`);
    }
  }
}
