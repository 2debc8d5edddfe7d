import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, ReactWidget, UseSignal } from '@jupyterlab/ui-components';

import { CopyButton, FailureNote, TranslationProvider, useTrans } from '../components';
import { restartHint } from '../connection';
import type { EngineState } from '../connection';
import type { IEngine } from '../tokens';

export interface ConnectionViewOptions {
  engine: IEngine;
  trans: TranslationBundle;
  /** Of the Jupyter server. */
  baseUrl: string;
}

/** Above the sections: what keeps the panel from the engine, and what to do. Empty when nothing does. */
export class ConnectionView extends ReactWidget {
  constructor(private readonly options: ConnectionViewOptions) {
    super();
    this.addClass('jp-BedrockImport-connection');
  }

  protected render(): JSX.Element {
    const { engine, trans, baseUrl } = this.options;
    return (
      <TranslationProvider value={trans}>
        <UseSignal signal={engine.stateChanged} initialSender={engine}>
          {() => (
            <ConnectionNote
              state={engine.state}
              baseUrl={baseUrl}
              onRetry={() => engine.reconnect()}
            />
          )}
        </UseSignal>
      </TranslationProvider>
    );
  }
}

function ConnectionNote(props: {
  state: EngineState;
  baseUrl: string;
  onRetry: () => void;
}): JSX.Element | null {
  const trans = useTrans();
  const { state, baseUrl, onRetry } = props;
  switch (state.status) {
    case 'idle':
    case 'ready':
      return null;
    case 'connecting':
      return (
        <p className="jp-BedrockImport-quiet" role="status">
          {trans.__('Connecting to the engine …')}
        </p>
      );
    case 'absent': {
      const hint = restartHint({ hostname: window.location.hostname, baseUrl }, trans);
      return (
        <div className="jp-BedrockImport-failure" role="alert">
          <p className="jp-BedrockImport-failureMessage">
            {trans.__('The Jupyter server has not loaded this extension yet.')}
          </p>
          <p>{hint.text}</p>
          <Command text={hint.command} />
          <p>{trans.__('If it stays so, this shows whether the server half is enabled:')}</p>
          <Command text="jupyter server extension list" />
          <Button small className="jp-mod-styled" onClick={onRetry}>
            {trans.__('Look again')}
          </Button>
        </div>
      );
    }
    case 'reload':
      return (
        <div className="jp-BedrockImport-failure" role="alert">
          <p className="jp-BedrockImport-failureMessage">
            {trans.__('The extension was updated while this page was open.')}
          </p>
          <p>{trans.__('Reload the page to go on. Running imports are not disturbed.')}</p>
          <Button small className="jp-mod-styled" onClick={() => window.location.reload()}>
            {trans.__('Reload')}
          </Button>
        </div>
      );
    case 'unavailable':
      return (
        <FailureNote failure={state.failure}>
          <Button small className="jp-mod-styled" onClick={onRetry}>
            {trans.__('Try now')}
          </Button>
        </FailureNote>
      );
  }
}

function Command({ text }: { text: string }): JSX.Element {
  const trans = useTrans();
  return (
    <div className="jp-BedrockImport-command">
      <code>{text}</code>
      <CopyButton text={text} label={trans.__('Copy the command')} />
    </div>
  );
}
