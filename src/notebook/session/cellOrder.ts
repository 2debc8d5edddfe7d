import { BedrockImportError } from '../../engine';

/**
 * The error of a cell that needs what another cell makes.
 *
 * @param cell - What that cell calls, such as `connect()`.
 */
export function cellOrder(cell: string): BedrockImportError {
  return new BedrockImportError({
    code: 'CELL_ORDER',
    message: `Run the cell with ${cell} first.`,
    nextStep: `Run the cell with ${cell}, then this one again. After a restart of the kernel, run the cells from the top.`,
    kind: 'usage'
  });
}
