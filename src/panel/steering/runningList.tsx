import type { EnvironmentFacts, Steering } from '../../protocol';
import { CopyButton, Disclosure, FailureNote, useTrans } from '../components';
import type { SteeringModel } from './steeringModel';
import { differences, namesOf, runningOf, shellLines } from './words';
import type { Running } from './words';

/** Which kernels and terminals have the old values, and what gives them the new ones. */
export function RunningList({
  model,
  steering
}: {
  model: SteeringModel;
  steering: Steering;
}): JSX.Element {
  const trans = useTrans();
  const { state, value } = model.running;
  return (
    <section>
      <h3>{trans.__('Running kernels and terminals')}</h3>
      {state.status === 'failed' && <FailureNote failure={state.failure} />}
      {value === undefined ? (
        state.status !== 'failed' && <p className="jp-BedrockImport-quiet">…</p>
      ) : (
        <All facts={value} steering={steering} />
      )}
    </section>
  );
}

function All(props: { facts: EnvironmentFacts; steering: Steering }): JSX.Element {
  const trans = useTrans();
  const { facts, steering } = props;
  const all = runningOf(facts);
  const old = all.filter(({ outdated }) => outdated === true);
  const oldKernels = old.some(({ kind }) => kind === 'kernel');
  const oldTerminals = old.some(({ kind }) => kind === 'terminal');
  const names = namesOf(steering, facts);
  if (all.length === 0) {
    return <p className="jp-BedrockImport-quiet">{trans.__('None runs.')}</p>;
  }
  return (
    <>
      <p role="status">
        {old.length === 0
          ? trans.__('None is known to have old values.')
          : trans._n(
              '%1 kernel or terminal has old values and goes on writing to the old places.',
              '%1 kernels and terminals have old values and go on writing to the old places.',
              old.length
            )}
      </p>
      <ul className="jp-BedrockImport-running" aria-label={trans.__('Kernels and terminals')}>
        {all.map(running => (
          <RunningItem key={running.key} running={running} facts={facts} names={names} />
        ))}
      </ul>
      {oldKernels && !steering.on && (
        <p>
          {trans.__(
            'Shut such a kernel down and start it anew to give it what new ones get. A restart keeps the old values.'
          )}
        </p>
      )}
      {oldKernels && steering.on && (
        <Lines
          text={steering.cell}
          label={trans.__('Copy the cell')}
          title={trans.__(
            'Run this cell in such a notebook before anything else, since libraries read the variables when they are imported; or shut the kernel down and start it anew. A restart keeps the old values.'
          )}
        />
      )}
      {oldTerminals && (
        <Lines
          text={shellLines(names, facts.server)}
          label={trans.__('Copy the lines')}
          title={trans.__('Run these lines in such a terminal, or close it and open a new one.')}
        />
      )}
      {old.length > 0 && (
        <p className="jp-BedrockImport-quiet">
          {trans.__(
            'The list stays as it is: what a cell or a line has changed cannot be seen from here.'
          )}
        </p>
      )}
    </>
  );
}

function RunningItem(props: {
  running: Running;
  facts: EnvironmentFacts;
  names: readonly string[];
}): JSX.Element {
  const trans = useTrans();
  const { running, facts, names } = props;
  const { kernelName, kind, name, outdated, variables } = running;
  const notSet = trans.__('not set');
  const changed = differences(running, facts.server);
  const head = (
    <>
      <span>
        {kind === 'terminal' ? trans.__('Terminal %1', name) : name}
        {kernelName !== undefined && <span className="jp-BedrockImport-quiet"> {kernelName}</span>}
      </span>{' '}
      <span className="jp-BedrockImport-verdict">{verdictOf(outdated, trans)}</span>
    </>
  );
  return (
    <li data-outdated={String(outdated)}>
      {variables === null ? (
        <div className="jp-BedrockImport-runningHead">{head}</div>
      ) : (
        <Disclosure summary={<span className="jp-BedrockImport-runningHead">{head}</span>}>
          {() => (
            <ul>
              {names
                .filter(one => variables[one] !== undefined || facts.server[one] !== undefined)
                .map(one => {
                  const other = changed.find(difference => difference.name === one);
                  return (
                    <li key={one}>
                      {variables[one] === undefined ? (
                        <>
                          <code>{one}</code> {notSet}
                        </>
                      ) : (
                        <code>{`${one}=${variables[one]}`}</code>
                      )}
                      {other !== undefined && (
                        <span className="jp-BedrockImport-quiet">
                          {' '}
                          {trans.__('(new ones: %1)', other.there ?? notSet)}
                        </span>
                      )}
                    </li>
                  );
                })}
            </ul>
          )}
        </Disclosure>
      )}
    </li>
  );
}

function verdictOf(outdated: boolean | null, trans: ReturnType<typeof useTrans>): string {
  switch (outdated) {
    case true:
      return trans.__('old values');
    case false:
      return trans.__('up to date');
    case null:
      return trans.__('unknown');
  }
}

/** What is to be run elsewhere. */
function Lines(props: { text: string; label: string; title: string }): JSX.Element {
  const { text, label, title } = props;
  return (
    <>
      <p>{title}</p>
      <div className="jp-BedrockImport-command jp-BedrockImport-lines">
        <pre tabIndex={0} aria-label={title}>
          <code>{text}</code>
        </pre>
        <CopyButton text={text} label={label} />
      </div>
    </>
  );
}
