import type { CommandReader } from '../commands';
import type { Frame } from '../wire';
import { currentCellId } from './currentCell';

/** `alert`, `confirm` and `prompt` of the web, answered in the notebook. */
export function installDialogs(reader: CommandReader, send: (frame: Frame) => void): void {
  const ask = (prompt: string): string | null =>
    reader.waitForInput(currentCellId(), () => {
      send({ type: 'input', cell: currentCellId(), prompt, password: false });
    });
  Object.assign(globalThis, {
    alert: (message: unknown = 'Alert') => {
      ask(`${String(message)} [Enter] `);
    },
    confirm: (message: unknown = 'Confirm') =>
      /^\s*y(es)?\s*$/i.test(ask(`${String(message)} [y/N] `) ?? ''),
    prompt: (message: unknown = 'Prompt', byDefault?: string) => {
      const proposal = byDefault === undefined ? '' : ` [${byDefault}]`;
      const answer = ask(`${String(message)}${proposal} `);
      return answer === '' && byDefault !== undefined ? byDefault : answer;
    }
  });
}
