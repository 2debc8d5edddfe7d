import type { TranslationBundle } from '@jupyterlab/translation';

import type { Answer } from '../../protocol';
import { formatCount } from '../components';

const tenths = new Intl.NumberFormat(undefined, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1
});

/** Time that runs: `42 s`, `3 min 5 s`. */
export function sayElapsed(ms: number, trans: TranslationBundle): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) {
    return trans.__('%1 s', seconds);
  }
  return trans.__('%1 min %2 s', Math.floor(seconds / 60), seconds % 60);
}

/** Time that was measured: `1.2 s`, `3 min 5 s`. */
export function sayMeasured(ms: number, trans: TranslationBundle): string {
  return ms < 60_000 ? trans.__('%1 s', tenths.format(ms / 1_000)) : sayElapsed(ms, trans);
}

/** What it took, one remark after the other. The wait for a copy counts apart from the answer. */
export function sayMeasures(answer: Answer, trans: TranslationBundle): string[] {
  const { coldStartMs, firstTextMs, inputTokens, outputTokens, totalMs } = answer;
  const took = sayMeasured(totalMs - coldStartMs, trans);
  const remarks = [
    outputTokens === undefined
      ? trans.__('first text after %1, all in %2', sayMeasured(firstTextMs, trans), took)
      : trans._n(
          'first text after %2, %3 token in %4',
          'first text after %2, %3 tokens in %4',
          outputTokens,
          sayMeasured(firstTextMs, trans),
          formatCount(outputTokens),
          took
        )
  ];
  if (coldStartMs > 0) {
    remarks.push(trans.__('waited %1 for the model to be loaded', sayMeasured(coldStartMs, trans)));
  }
  if (inputTokens !== undefined) {
    remarks.push(
      trans._n(
        'question of %2 token',
        'question of %2 tokens',
        inputTokens,
        formatCount(inputTokens)
      )
    );
  }
  return remarks;
}

/** Whether the limit of tokens has cut the answer off, in the words of either API. */
export function isCutOff({ stopReason }: Answer): boolean {
  return stopReason === 'max_tokens' || stopReason === 'length';
}
