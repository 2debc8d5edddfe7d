import { Clipboard } from '@jupyterlab/apputils';
import { Button, checkIcon, copyIcon } from '@jupyterlab/ui-components';
import { useEffect, useState } from 'react';

import { useTrans } from './translation';

const SAID_MS = 1_500;

/** Copies a text, and says that it did. */
export function CopyButton(props: { text: string; label: string }): JSX.Element {
  const trans = useTrans();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) {
      return undefined;
    }
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? checkIcon : copyIcon;
  return (
    <Button
      minimal
      small
      className="jp-BedrockImport-iconButton"
      title={copied ? trans.__('Copied') : props.label}
      aria-label={props.label}
      onClick={() => {
        Clipboard.copyToSystem(props.text);
        setCopied(true);
      }}
    >
      <Icon.react tag="span" />
      <span className="jp-BedrockImport-hidden" role="status">
        {copied ? trans.__('Copied') : ''}
      </span>
    </Button>
  );
}
