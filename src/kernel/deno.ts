/** As much of Deno as the kernel uses. */
export interface DenoGlobal {
  version: { deno: string; v8: string; typescript: string };
  stdin: { readable: AsyncIterable<Uint8Array> };
  inspect(value: unknown, options: { colors: boolean }): string;
  exit(code?: number): never;
}

export const deno = (globalThis as unknown as { Deno: DenoGlobal }).Deno;

/** Cells have no standard input, on which the commands for this process come; they ask with `prompt`. */
export const NO_STDIN = {
  get readable(): ReadableStream<Uint8Array> {
    return new ReadableStream({ start: controller => controller.close() });
  },
  read: (): Promise<null> => Promise.resolve(null),
  readSync: (): null => null,
  isTerminal: (): boolean => false,
  setRaw: (): void => undefined,
  close: (): void => undefined
};

/** Deno refuses to have its own properties replaced, so that cells see a copy of it with others. */
export function replaceInDeno(replacements: Record<string, unknown>): void {
  const properties = Object.getOwnPropertyDescriptors(deno) as PropertyDescriptorMap;
  for (const [name, value] of Object.entries(replacements)) {
    properties[name] = { value, enumerable: true, configurable: true, writable: true };
  }
  Object.defineProperty(globalThis, 'Deno', {
    value: Object.create(Object.getPrototypeOf(deno) as object, properties) as unknown,
    configurable: true,
    writable: true,
    enumerable: false
  });
}
