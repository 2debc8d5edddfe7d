import { InvalidArgumentError } from 'commander';
import { Answer, askModel } from '../../bedrock';
import type { Outcome, Session } from '../session';
import { formatDuration } from '../text/layout';
import type { AddSubcommand } from './command';

interface AskCommandOptions {
  system?: string;
  maxTokens?: number;
  temperature?: number;
}

export const addAskCommand: AddSubcommand = (program, run) => {
  program
    .command('ask')
    .summary('ask an imported model a question')
    .description(
      'Sends one question to an imported model and prints the answer as it arrives. A model that has ' +
        'not been asked for a while is loaded first, which takes minutes; the wait is shown. ' +
        'Inference is billed in windows of 5 minutes per model copy.'
    )
    .argument('<arn>', 'ARN of the imported model')
    .argument('<question>')
    .option('--system <text>', 'a system prompt')
    .option('--max-tokens <number>', 'longest answer, in tokens (default: 512)', wholeNumber(1))
    .option('--temperature <number>', '0 to 1', fraction)
    .action((arn: string, question: string, options: AskCommandOptions) =>
      run(session => ask(session, arn, question, options))
    );
};

async function ask(
  session: Session,
  arn: string,
  prompt: string,
  options: AskCommandOptions
): Promise<Outcome> {
  const aws = await session.aws();
  const stream = createAnswerStream(session);
  const answer = await askModel(aws, arn, {
    prompt,
    ...options,
    onText: stream.onText,
    onReasoning: () => session.progress.status('The model is thinking'),
    onWait: wait => session.progress.status(wait.reason, wait),
    signal: session.signal
  });
  stream.end();
  return { document: { modelArn: arn, ...answer }, print: to => to.line(answerSummary(answer)) };
}

/** Prints an answer while it arrives; under `--json` it is part of the document instead. */
export function createAnswerStream(session: Session): {
  onText: (text: string) => void;
  end: () => void;
} {
  let last = '\n';
  return {
    onText: text => {
      session.progress.clear();
      if (!session.json && text !== '') {
        session.output.stdout.block(text);
        last = text;
      }
    },
    end: () => {
      session.progress.clear();
      if (!last.endsWith('\n')) {
        session.output.stdout.line();
      }
    }
  };
}

export function answerSummary(answer: Answer): string {
  const tokens =
    answer.inputTokens === undefined || answer.outputTokens === undefined
      ? ''
      : `, ${answer.inputTokens} tokens in, ${answer.outputTokens} out`;
  const cold =
    answer.coldStartMs > 0
      ? `, after a cold start of ${formatDuration(answer.coldStartMs / 1000)}`
      : '';
  const fallback = answer.fallbackReason === undefined ? '' : ` ${answer.fallbackReason}`;
  return `(${answer.api}, ${formatDuration(answer.totalMs / 1000)}${tokens}${cold})${fallback}`;
}

/** Parser of an option that takes a whole number, for commander. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      const range =
        most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`A whole number ${range} is needed.`);
    }
    return value;
  };
}

function fraction(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('A number from 0 to 1 is needed.');
  }
  return value;
}
