import { Button } from '@jupyterlab/ui-components';
import { useEffect, useId } from 'react';

import type { ImportedModelFact } from '../../protocol';
import { CopyButton, Disclosure, Facts, FailureNote, formatTime, useTrans } from '../components';
import { explainUnits, sayUnits } from './cost';
import type { ImportedModelsModel } from './importedModelsModel';

/** One imported model: its name and what can be done with it; the rest when it is opened. */
export function ModelItem(props: {
  fact: ImportedModelFact;
  model: ImportedModelsModel;
  onAsk: () => void;
  onDelete: () => void;
}): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const { fact, model, onAsk, onDelete } = props;
  const { status, failure } = model.item(fact.arn);
  const deleting = status === 'deleting';
  const isBusy = status !== 'idle';
  const about = [
    fact.architecture,
    fact.createdAt === undefined ? undefined : formatTime(fact.createdAt)
  ].filter(text => text !== undefined);
  return (
    <li className="jp-BedrockImport-model" aria-labelledby={id} aria-busy={isBusy}>
      <div className="jp-BedrockImport-modelLine">
        <div className="jp-BedrockImport-modelTitle">
          <span id={id} className="jp-BedrockImport-modelName">
            {fact.name}
          </span>
          <span className="jp-BedrockImport-modelAbout" role={deleting ? 'status' : undefined}>
            {deleting
              ? trans.__('Being deleted …')
              : about.map(text => <span key={text}>{text}</span>)}
          </span>
        </div>
        <div className="jp-BedrockImport-modelButtons">
          <Button
            small
            className="jp-mod-styled"
            aria-label={trans.__('Ask %1', fact.name)}
            aria-disabled={deleting}
            onClick={() => !deleting && onAsk()}
          >
            {trans.__('Ask')}
          </Button>
          <CopyButton text={fact.arn} label={trans.__('Copy the ARN of %1', fact.name)} />
          <Button
            small
            className="jp-mod-styled"
            aria-label={trans.__('Delete %1 …', fact.name)}
            aria-disabled={isBusy}
            onClick={() => !isBusy && onDelete()}
          >
            {trans.__('Delete …')}
          </Button>
        </div>
      </div>
      {failure !== undefined && <FailureNote failure={failure} />}
      <Disclosure summary={trans.__('Details')}>
        {() => <Details fact={fact} model={model} />}
      </Disclosure>
    </li>
  );
}

function Details(props: { fact: ImportedModelFact; model: ImportedModelsModel }): JSX.Element {
  const trans = useTrans();
  const { fact, model } = props;
  const { arn } = fact;
  useEffect(() => model.lookUp(arn), [model, arn]);
  const details = model.detailsOf(arn);
  const known = { ...fact, ...details.value };
  const waiting = details.status === 'loading' ? <Waiting /> : undefined;
  const units = sayUnits(known, trans);
  return (
    <>
      <Facts
        facts={[
          [
            trans.__('Converse'),
            known.instructSupported === undefined
              ? undefined
              : known.instructSupported
                ? trans.__('supported')
                : trans.__('not supported; InvokeModel is used')
          ],
          [trans.__('Units'), units ?? waiting],
          [trans.__('Import job'), known.jobName],
          [
            trans.__('Files'),
            known.s3Uri === undefined ? (
              waiting
            ) : (
              <Copied
                key="files"
                text={known.s3Uri}
                label={trans.__('Copy the address of the files')}
              />
            )
          ],
          [trans.__('ARN'), <Copied key="arn" text={arn} label={trans.__('Copy the ARN')} />]
        ]}
      />
      {units !== undefined && <p className="jp-BedrockImport-quiet">{explainUnits(trans)}</p>}
      {details.status === 'failed' && <FailureNote failure={details.failure} />}
    </>
  );
}

function Waiting(): JSX.Element {
  return <span className="jp-BedrockImport-quiet">…</span>;
}

function Copied({ text, label }: { text: string; label: string }): JSX.Element {
  return (
    <div className="jp-BedrockImport-copied">
      <code>{text}</code>
      <CopyButton text={text} label={label} />
    </div>
  );
}
