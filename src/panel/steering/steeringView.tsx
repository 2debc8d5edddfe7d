import type { Steering } from '../../protocol';
import { CopyButton, Disclosure, FailureNote, useTrans } from '../components';
import { ButtonRow } from './buttonRow';
import type { EngineState } from '../connection';
import { CacheMove } from './cacheMove';
import { RunningList } from './runningList';
import type { SteeringModel } from './steeringModel';
import { VariableList } from './variableList';
import { changesOf } from './words';

/** What the buttons of the tab do. */
export interface SteeringActions {
  steer(): void;
  unsteer(): void;
  planMove(): void;
  move(): void;
  openJob(id: string): void;
}

/** Where tools keep large files, where they could, and what still writes elsewhere. */
export function SteeringView(props: {
  model: SteeringModel;
  actions: SteeringActions;
}): JSX.Element {
  const trans = useTrans();
  const { model, actions } = props;
  const { state, value: steering } = model.steering;
  return (
    <div className="jp-BedrockImport-steering">
      <h2>{trans.__('Cache and temp folders')}</h2>
      <Host model={model} />
      {state.status === 'failed' && <FailureNote failure={state.failure} />}
      {steering === undefined ? (
        state.status !== 'failed' && <Waiting connection={model.connection} />
      ) : (
        <>
          <ul className="jp-BedrockImport-steeringNotes">
            {steering.notes.map(note => (
              <li key={note}>{note}</li>
            ))}
          </ul>
          <Setting model={model} steering={steering} actions={actions} />
          <VariableList variables={steering.variables} />
          <RunningList model={model} steering={steering} />
          {(steering.on || steering.needed) && <CacheMove model={model} actions={actions} />}
          <OverRestarts steering={steering} />
        </>
      )}
    </div>
  );
}

function Waiting({ connection }: { connection: EngineState }): JSX.Element {
  const trans = useTrans();
  const text = (): string => {
    switch (connection.status) {
      case 'ready':
        return trans.__('Looking …');
      case 'absent':
      case 'reload':
        return trans.__('The panel of Bedrock Import says what keeps this page from the engine.');
      default:
        return trans.__('Shown as soon as the engine answers.');
    }
  };
  return connection.status === 'unavailable' ? (
    <FailureNote failure={connection.failure} />
  ) : (
    <p className="jp-BedrockImport-quiet" role="status">
      {text()}
    </p>
  );
}

function Host({ model }: { model: SteeringModel }): JSX.Element {
  const machine = model.machine.value;
  return (
    <p className="jp-BedrockImport-host">
      {machine?.name !== undefined && <strong>{machine.name}</strong>}
      <span className={machine?.name === undefined ? '' : 'jp-BedrockImport-quiet'}>
        {machine?.hostLabel ?? '…'}
      </span>
    </p>
  );
}

/** Whether it is on, and the buttons that change that. */
function Setting(props: {
  model: SteeringModel;
  steering: Steering;
  actions: SteeringActions;
}): JSX.Element {
  const trans = useTrans();
  const { model, steering, actions } = props;
  const { pending } = model;
  const blocked = pending !== undefined || !model.isReady;
  const failure = model.failureOf('steer', 'unsteer');
  const changes = changesOf(steering).length > 0;
  return (
    <>
      <p role="status">{stateText(model, steering, trans)}</p>
      {failure !== undefined && <FailureNote failure={failure} />}
      {(changes || steering.on) && (
        <ButtonRow>
          {changes && (
            <button
              type="button"
              className={`jp-mod-styled ${steering.needed ? 'jp-mod-accept' : ''}`}
              aria-disabled={blocked}
              onClick={() => !blocked && actions.steer()}
            >
              {trans.__('Keep under %1 …', steering.root)}
            </button>
          )}
          {steering.on && (
            <button
              type="button"
              className="jp-mod-styled"
              aria-disabled={blocked}
              onClick={() => !blocked && actions.unsteer()}
            >
              {trans.__('Undo …')}
            </button>
          )}
        </ButtonRow>
      )}
    </>
  );
}

function stateText(
  { done }: SteeringModel,
  steering: Steering,
  trans: ReturnType<typeof useTrans>
): string {
  const { needed, on, root } = steering;
  if (done === 'steer' && on) {
    return trans.__('Done: new kernels and terminals keep these files under %1 from now on.', root);
  }
  if (done === 'unsteer' && !on) {
    return trans.__('Undone: new kernels and terminals get what the Jupyter server has.');
  }
  if (on) {
    return trans.__('On: new kernels and terminals keep these files under %1.', root);
  }
  if (needed) {
    return trans.__('Not set: some of these files are better kept under %1.', root);
  }
  return trans.__('Nothing needs to be changed.');
}

/** What makes the setting last; nothing where there is none. */
function OverRestarts({ steering }: { steering: Steering }): JSX.Element | null {
  const trans = useTrans();
  const { file, lifecycleScript, on } = steering;
  if (!on && lifecycleScript === undefined) {
    return null;
  }
  return (
    <section>
      <h3>{trans.__('After a restart')}</h3>
      {on && (
        <>
          <p>
            {trans.__('The setting is in this file, which the Jupyter server reads at its start:')}
          </p>
          <div className="jp-BedrockImport-withButton">
            <code>{file}</code>
            <CopyButton text={file} label={trans.__('Copy the path')} />
          </div>
        </>
      )}
      {lifecycleScript !== undefined && (
        <Disclosure summary={trans.__('Lifecycle script, for an instance without this extension')}>
          {() => (
            <div className="jp-BedrockImport-command jp-BedrockImport-lines">
              <pre tabIndex={0} aria-label={trans.__('Lifecycle script')}>
                <code>{lifecycleScript}</code>
              </pre>
              <CopyButton text={lifecycleScript} label={trans.__('Copy the script')} />
            </div>
          )}
        </Disclosure>
      )}
    </section>
  );
}
