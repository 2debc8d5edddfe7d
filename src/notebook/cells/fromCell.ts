import { cellOrder } from '../session';

/**
 * What another cell has made, and a clear word where that cell has not been run in this kernel.
 *
 * @param cell - What that cell calls, such as `reviewImport()`.
 * @param read - Names the variable, such as `() => review`.
 * @throws BedrockImportError `CELL_ORDER`
 */
export function fromCell<T>(cell: string, read: () => T | undefined): T {
  let value: T | undefined;
  try {
    value = read();
  } catch (error) {
    // That is how a name without a value shows, whether nobody declared it or its cell failed.
    if (!(error instanceof ReferenceError)) {
      throw error;
    }
  }
  if (value === undefined) {
    throw cellOrder(cell);
  }
  return value;
}
