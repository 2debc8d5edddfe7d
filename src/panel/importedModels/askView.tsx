import { useCallback, useEffect, useLayoutEffect, useRef } from 'react';

import type { Failure } from '../../protocol';
import { FailureNote, useTrans } from '../components';
import type { AskModel, Turn } from './askModel';
import { Composer } from './composer';
import { sayUnits } from './cost';
import { TurnView } from './turnView';

/** So near to its end, the list is read as it is written. */
const NEAR_PX = 24;

/** Questions and answers above, the next question below. */
export function AskBody({ model }: { model: AskModel }): JSX.Element {
  const trans = useTrans();
  const field = useRef<HTMLTextAreaElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const follows = useRef(true);
  const { isAsking, turns } = model;

  useLayoutEffect(() => {
    follows.current = true;
  }, [turns.length]);
  const follow = useCallback((): void => {
    const { current } = list;
    if (current !== null && follows.current) {
      current.scrollTop = current.scrollHeight;
    }
  }, []);
  useLayoutEffect(follow);
  useEffect(() => {
    // The list becomes lower when the options are opened, or the tab is.
    const observer = new ResizeObserver(follow);
    if (list.current !== null) {
      observer.observe(list.current);
    }
    return () => observer.disconnect();
  }, [follow]);

  const askAgain = useCallback(
    (turn: Turn): void => {
      field.current?.focus();
      void model.askAgain(turn);
    },
    [model]
  );
  return (
    <>
      <Head model={model} />
      <ol
        ref={list}
        className="jp-BedrockImport-turns"
        aria-label={trans.__('Questions and answers')}
        // Scrolled by keyboard, too.
        tabIndex={turns.length > 0 ? 0 : -1}
        onScroll={({ currentTarget: { clientHeight, scrollHeight, scrollTop } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight <= NEAR_PX;
        }}
      >
        {turns.map(turn => (
          <TurnView key={turn.id} turn={turn} onAskAgain={isAsking ? undefined : askAgain} />
        ))}
      </ol>
      <Composer model={model} field={field} />
    </>
  );
}

function Head({ model }: { model: AskModel }): JSX.Element {
  const trans = useTrans();
  const { known } = model;
  const failure = failureOf(model);
  const units = known.value && sayUnits(known.value, trans);
  return (
    <div className="jp-BedrockImport-askHead">
      <p>
        <strong>{model.name}</strong>
        {units !== undefined && <span className="jp-BedrockImport-quiet">{units}</span>}
      </p>
      <p className="jp-BedrockImport-quiet">
        {trans.__('Each question is asked by itself: the model does not see those before it.')}
      </p>
      {failure !== undefined && <FailureNote failure={failure} />}
      <EngineNote model={model} />
    </div>
  );
}

/** The engine's comes first: without it nothing can be known of the model. */
function failureOf({ engineState, known }: AskModel): Failure | undefined {
  if (engineState.status === 'unavailable') {
    return engineState.failure;
  }
  return engineState.status === 'ready' && known.status === 'failed' ? known.failure : undefined;
}

function EngineNote({ model }: { model: AskModel }): JSX.Element | null {
  const trans = useTrans();
  switch (model.engineState.status) {
    case 'connecting':
      return (
        <p className="jp-BedrockImport-quiet" role="status">
          {trans.__('Connecting to the engine …')}
        </p>
      );
    case 'absent':
    case 'reload':
      return (
        <p role="status">
          {trans.__('Nothing can be asked now: the panel Bedrock Import says what to do.')}
        </p>
      );
    default:
      return null;
  }
}
