import type { TranslationBundle } from '@jupyterlab/translation';

import type { ImportedModelFact } from '../../protocol';
import { confirmLoss, Facts } from '../components';

/** Says exactly what is deleted and what stays. @returns whether it shall be */
export function confirmDelete(
  model: ImportedModelFact,
  trans: TranslationBundle
): Promise<boolean> {
  return confirmLoss({
    title: trans.__('Delete the model “%1” from Bedrock?', model.name),
    body: <WhatIsDeleted model={model} trans={trans} />,
    accept: trans.__('Delete the model')
  });
}

function WhatIsDeleted(props: { model: ImportedModelFact; trans: TranslationBundle }): JSX.Element {
  const { model, trans } = props;
  const { arn, name, s3Uri } = model;
  return (
    <div className="jp-BedrockImport-deleteDialog">
      <p>{trans.__('Deleted, which cannot be undone:')}</p>
      <Facts
        facts={[
          [trans.__('Model'), name],
          [trans.__('ARN'), <code key="arn">{arn}</code>]
        ]}
      />
      <p>
        {s3Uri === undefined
          ? trans.__('The files that it was imported from stay in S3, where they cost storage.')
          : trans.__(
              'The files that it was imported from stay in S3, where they cost storage, and can be imported again:'
            )}
      </p>
      {s3Uri !== undefined && <code>{s3Uri}</code>}
    </div>
  );
}
