/** What a Deno kernel offers to cells; stock `deno jupyter` lacks what is optional here. */
export interface JupyterOfDeno {
  display(
    content: unknown,
    options?: { raw?: boolean; display_id?: string; update?: boolean }
  ): Promise<void>;
  /** Aborts when the running cell is interrupted. */
  readonly signal?: AbortSignal;
  /** Starts the sandbox and resolves to the variables that lead clients to it. */
  startSandbox?(): Promise<Record<string, string>>;
}

/** On `globalThis`, a kernel that is not Deno's may put here what `Deno.jupyter` is there. */
const KEY = Symbol.for('bedrock-import.notebook.jupyter');

/** Read anew each time: what a kernel offers may come after this module. */
export function jupyter(): JupyterOfDeno | undefined {
  const { [KEY]: given, Deno } = globalThis as {
    [KEY]?: JupyterOfDeno;
    Deno?: { readonly jupyter?: JupyterOfDeno };
  };
  if (given !== undefined) {
    return given;
  }
  try {
    return typeof Deno?.jupyter?.display === 'function' ? Deno.jupyter : undefined;
  } catch {
    // Outside a kernel, Deno throws when it is asked for this.
    return undefined;
  }
}

/** The running cell's, which ■ aborts; none where the kernel has none. */
export function cellSignal(): AbortSignal | undefined {
  return jupyter()?.signal;
}

/** Aborts with the running cell or with the given signal, whichever is first. */
export function withCellSignal(given: AbortSignal | undefined): AbortSignal | undefined {
  const signals = [given, cellSignal()].filter(signal => signal !== undefined);
  return signals.length > 1 ? AbortSignal.any(signals) : signals[0];
}

/** Asks on the front end; No where nobody can be asked. */
export async function askToConfirm(question: string): Promise<boolean> {
  const { confirm } = globalThis as { confirm?: (question: string) => boolean | Promise<boolean> };
  return typeof confirm === 'function' && (await confirm(question));
}
