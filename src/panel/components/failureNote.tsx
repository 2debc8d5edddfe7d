import type { ReactNode } from 'react';

import type { Failure } from '../../protocol';
import { useTrans } from './translation';

/** What went wrong and what to do; the code is one click away. */
export function FailureNote(props: { failure: Failure; children?: ReactNode }): JSX.Element {
  const trans = useTrans();
  const { failure, children } = props;
  const unexpected = trans.__(
    'Try again; if it stays so, report it as a fault of jupyterlab-bedrock-import.'
  );
  return (
    <div className="jp-BedrockImport-failure" role="alert">
      <p className="jp-BedrockImport-failureMessage">{failure.message}</p>
      <p>
        {failure.nextStep === '' && failure.code === 'UNEXPECTED' ? unexpected : failure.nextStep}
      </p>
      {children}
      <details>
        <summary>{trans.__('Details')}</summary>
        <code>{failure.code}</code>
        {failure.subject !== undefined && <code>{failure.subject}</code>}
      </details>
    </div>
  );
}
