import { askModel } from '../../bedrock';
import type { StageRun } from './stageRun';
import { showWait } from './waiting';

/** Asks the imported model its first question. */
export async function askStage(run: StageRun): Promise<string> {
  const { model } = run.results;
  if (model === undefined) {
    throw new Error('There is no model to ask.');
  }
  const answer = await askModel(run.context.aws, model.modelArn, {
    prompt: run.stored.settings.ask ?? '',
    instructSupported: model.instructSupported,
    onText: run.options.onText,
    onWait: wait => showWait(run, wait),
    signal: run.signal
  });
  run.results.answer = answer;
  run.emit({ type: 'answer', text: answer.text });
  return answer.api;
}
