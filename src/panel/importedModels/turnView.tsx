import { memo, useEffect, useState } from 'react';

import type { Answer } from '../../protocol';
import { Disclosure, FailureNote, formatDuration, useTrans } from '../components';
import type { Turn } from './askModel';
import { isCutOff, sayElapsed, sayMeasures } from './askWords';

export interface TurnViewProps {
  turn: Turn;
  /** Missing while another question is answered. */
  onAskAgain: ((turn: Turn) => void) | undefined;
}

/** A question and its answer. A long answer is not made anew for every piece of a later one. */
export const TurnView = memo(function TurnView({ turn, onAskAgain }: TurnViewProps): JSX.Element {
  const trans = useTrans();
  const { answer, failure, question, reasoning, status, text } = turn;
  const isAsking = status === 'asking';
  const written = text === '' ? null : <div className="jp-BedrockImport-answerText">{text}</div>;
  return (
    <li className="jp-BedrockImport-turn">
      <h3>{trans.__('Question')}</h3>
      <div className="jp-BedrockImport-questionText">{question.prompt}</div>
      {question.system !== undefined && (
        <Disclosure summary={trans.__('System prompt')}>
          {() => <div className="jp-BedrockImport-questionText">{question.system}</div>}
        </Disclosure>
      )}
      <h3>{trans.__('Answer')}</h3>
      {reasoning !== '' && (
        <Disclosure summary={trans.__('Reasoning')}>
          {() => <div className="jp-BedrockImport-reasoning">{reasoning}</div>}
        </Disclosure>
      )}
      {/* Read out once, when all of it is there: pieces are outside of the live region. */}
      {isAsking && written}
      <div aria-live="polite">
        {!isAsking && written}
        {status === 'answered' && text === '' && (
          <p className="jp-BedrockImport-quiet">{trans.__('The model answered without text.')}</p>
        )}
      </div>
      {isAsking && <Waiting turn={turn} />}
      {answer !== undefined && <Measures answer={answer} />}
      {status === 'stopped' && (
        <div className="jp-BedrockImport-turnEnd">
          <span className="jp-BedrockImport-quiet">{trans.__('Stopped.')}</span>
          <AskAgain turn={turn} onAskAgain={onAskAgain} />
        </div>
      )}
      {failure !== undefined && (
        <FailureNote failure={failure}>
          <AskAgain turn={turn} onAskAgain={onAskAgain} />
        </FailureNote>
      )}
    </li>
  );
});

function AskAgain({ turn, onAskAgain }: TurnViewProps): JSX.Element {
  const trans = useTrans();
  return (
    <button
      type="button"
      className="jp-mod-styled"
      aria-disabled={onAskAgain === undefined}
      onClick={() => onAskAgain?.(turn)}
    >
      {trans.__('Ask again')}
    </button>
  );
}

/** What is waited for, how long it has been and how long it may be. */
function Waiting({ turn }: { turn: Turn }): JSX.Element {
  const trans = useTrans();
  const now = useNow();
  const { askedAt, reasoning, text, wait } = turn;
  if (wait === undefined) {
    return (
      <p className="jp-BedrockImport-quiet jp-BedrockImport-wait">
        <span role="status">
          {text === '' && reasoning === ''
            ? trans.__('Waiting for the answer …')
            : trans.__('Answering …')}
        </span>{' '}
        <span role="timer">{sayElapsed(now - askedAt, trans)}</span>
      </p>
    );
  }
  const waitedMs = Math.min(wait.waitedMs + Math.max(0, now - wait.toldAt), wait.budgetMs);
  return (
    <p className="jp-BedrockImport-quiet jp-BedrockImport-wait">
      <span role="status">{wait.reason}</span>{' '}
      <span role="timer">
        {trans.__(
          '%1 of at most %2',
          sayElapsed(waitedMs, trans),
          formatDuration(wait.budgetMs / 1_000, trans)
        )}
      </span>
    </p>
  );
}

function Measures({ answer }: { answer: Answer }): JSX.Element {
  const trans = useTrans();
  const { api, fallbackReason } = answer;
  return (
    <>
      <p className="jp-BedrockImport-quiet jp-BedrockImport-wait">
        {[...sayMeasures(answer, trans), api].join(' · ')}
      </p>
      {fallbackReason !== undefined && (
        <p className="jp-BedrockImport-quiet">
          {trans.__('Not asked by Converse: %1', fallbackReason)}
        </p>
      )}
      {isCutOff(answer) && (
        <p className="jp-BedrockImport-quiet">
          {trans.__(
            'The answer ends at the limit of tokens; under Options, it can be made higher.'
          )}
        </p>
      )}
    </>
  );
}

/** The time, every second. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
